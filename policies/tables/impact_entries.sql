-- Impact entries: people see their own; merchants get the sum of a shop through shop_impact. Written at the handover,
-- never changed.
alter table app.impact_entries enable row level security;
alter table app.impact_entries force row level security;

create policy "Acts read and write every row" on app.impact_entries for all to ecopanier_owner using (true) with check (true);

grant select (reservation_id, shop_id, factor_id, food_grams, meals, co2e_grams, value_saved_cents,
    recovered_by_shops_cents, people_helped, recorded_at) on app.impact_entries to authenticated;

create policy "People see their own impact" on app.impact_entries for select to authenticated
    using (account_id = (select app.caller()));

create trigger impact_entries_are_append_only before delete or truncate on app.impact_entries
    for each statement execute function app.refuse_change();
create trigger impact_entries_do_not_change before update on app.impact_entries
    for each row when (
        (old.reservation_id, old.shop_id, old.factor_id, old.food_grams, old.meals, old.co2e_grams,
         old.value_saved_cents, old.recovered_by_shops_cents, old.people_helped, old.recorded_at, old.category,
         old.portions, old.given)
        is distinct from
        (new.reservation_id, new.shop_id, new.factor_id, new.food_grams, new.meals, new.co2e_grams,
         new.value_saved_cents, new.recovered_by_shops_cents, new.people_helped, new.recorded_at, new.category,
         new.portions, new.given)
        -- forget_reservations detaches it from its person with its reservation.
        or new.account_id not in (old.account_id, '00000000-0000-0000-0000-000000000000'))
    execute function app.refuse_change();
