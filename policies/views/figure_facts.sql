-- Show what adds to the figures of a shop's day, in the columns of figure_days: handovers, what collections brought to
-- associations by category, collections themselves with their way, and ends of lots.
-- Read by add_up_impact and the functions that count anew. Security invoker: the rights are those on the tables.
create view app.figure_facts with (security_invoker = true) as
select app.paris_day(e.recorded_at) as day, e.shop_id, e.category, 0 as lots, 0 as offered, 0 as unsold, 1 as handovers,
       e.portions as collected, case when e.given then e.portions else 0 end as given, e.food_grams::bigint as food_grams,
       e.meals, e.co2e_grams, e.value_saved_cents::bigint as value_saved_cents,
       e.recovered_by_shops_cents::bigint as recovered_by_shops_cents, 0 as collections, 0::bigint as donated_grams,
       0::bigint as metres, e.written_by
from app.impact_entries e
union all
select app.paris_day(c.recorded_at), c.shop_id, f.category, 0, 0, 0, 0, 0, 0, f.food_grams, f.meals, f.co2e_grams,
       f.value_saved_cents, 0, 0, f.food_grams, 0, c.written_by
from app.collected_impact c join app.collected_categories f on f.collection_id = c.collection_id
union all
select app.paris_day(c.recorded_at), c.shop_id, '', 0, 0, 0, 0, 0, 0, 0, 0, - c.transport_co2e_grams, 0, 0, 1, 0, c.metres,
       c.written_by
from app.collected_impact c
union all
select l.day, l.shop_id, l.category, 1, l.offered, l.unsold, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, l.written_by
from app.lot_ends l;
