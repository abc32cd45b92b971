-- Write the one impact entry of a handover, with the factor in force for its category.
-- Called by pick_up, in its transaction: the entry exists exactly if the food was handed over.
-- Definer, because nobody may write entries; only the owner may execute it.
create or replace function app.record_impact(r app.reservations, l app.lots) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    meal     int := app.setting_int('meal_grams');
    grams    int := coalesce(l.weight_grams, meal) * r.quantity;
    factor   app.impact_factors;
    -- A suspended portion counts as sold, because its donor paid. So no total tells them apart.
    paid     int := greatest(r.unit_price_cents, l.given_price_cents) * r.quantity;
    helped   int := 0;
begin
    select f.* into strict factor from app.impact_factors f
    where (f.category is null or f.category = l.category) and f.valid_from <= app.paris_day(app.clock())
    order by f.category nulls last, f.valid_from desc, f.id desc limit 1;

    -- Noted for people who paid too, though they do not count as helped: otherwise the time that a handover takes would
    -- tell a free portion from a paid one.
    insert into app.people_helped (account_id, free) values (r.account_id, r.unit_price_cents = 0) on conflict do nothing;
    get diagnostics helped = row_count;
    if r.unit_price_cents > 0 then helped := 0; end if;

    insert into app.impact_entries
        (reservation_id, account_id, shop_id, factor_id, food_grams, meals, co2e_grams, value_saved_cents,
         recovered_by_shops_cents, people_helped, recorded_at, category, portions, given)
    values (r.id, r.account_id, l.shop_id, factor.id, grams, grams::numeric / meal,
            grams::bigint * factor.co2e_grams_per_meal / meal,
            l.original_price_cents * r.quantity, paid, helped, app.clock(), l.category, r.quantity,
            r.unit_price_cents = 0 and l.suspended_from is null);
end $$;
