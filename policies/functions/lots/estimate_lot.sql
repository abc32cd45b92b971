-- Trigger: keep with a lot how much CO2e one portion saves, by the factor in force for its category as the lot is written.
-- Fires before a lot is inserted, and before a draft or published lot is edited in what the estimate depends on or
-- published (policies/tables/lots.sql), so that a search reads the figure and computes none. A portion without a weight
-- counts as one meal, as it does at the handover: record_impact uses the factor of that day, which may be a newer one.
-- Definer, because it reads settings whoever writes the lot.
create or replace function app.estimate_lot() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    meal int := app.setting_int('meal_grams');
begin
    select coalesce(new.weight_grams, meal)::bigint * f.co2e_grams_per_meal / meal into strict new.co2e_grams
    from app.impact_factors f
    where (f.category is null or f.category = new.category) and f.valid_from <= app.paris_day(app.clock())
    order by f.category nulls last, f.valid_from desc, f.id desc limit 1;
    return new;
end $$;
