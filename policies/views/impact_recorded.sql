-- Show all that counts as impact: handovers to people, and collections that associations received, which have neither an
-- account nor a reservation, cost nobody anything and help nobody by name.
-- Read by the functions of impact. Security invoker: the rights are those on the tables.
create view app.impact_recorded with (security_invoker = true) as
select e.reservation_id, e.account_id, e.shop_id, e.food_grams, e.meals, e.co2e_grams, e.value_saved_cents,
       e.recovered_by_shops_cents, e.people_helped, e.recorded_at, e.written_by
from app.impact_entries e
union all
select null::uuid, null::uuid, c.shop_id, c.food_grams, c.meals, c.co2e_grams, c.value_saved_cents, 0, 0, c.recorded_at,
       c.written_by
from app.collected_impact c;
