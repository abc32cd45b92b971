-- Return how impact is computed: the weight of a meal, and every factor with its source, newest first, as JSON; and what
-- a kilometre of each vehicle emits.
-- Called by GET /v1/impact/method, as the API, for anybody.
-- A factor is in use if no newer one of its category has begun.
-- Definer, because the API's login reads no table; factors are public.
create or replace function app.impact_method() returns json
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select json_build_object(
        'meal_grams', app.setting_int('meal_grams'),
        'factors', (
            select json_agg(json_build_object(
                'method', f.method, 'category', f.category, 'value', f.co2e_grams_per_meal, 'unit', f.unit,
                'source', f.source, 'valid_from', f.valid_from, 'in_use', f.id = (
                    select n.id from app.impact_factors n
                    where n.category is not distinct from f.category and n.valid_from <= app.paris_day(app.clock())
                    order by n.valid_from desc, n.id desc limit 1))
                order by f.category nulls first, f.valid_from desc, f.id desc)
            from app.impact_factors f),
        'vehicles', (
            select json_agg(json_build_object(
                'vehicle', v.vehicle, 'co2e_grams_per_km', v.co2e_grams_per_km, 'source', v.source,
                'valid_from', v.valid_from) order by v.vehicle, v.valid_from desc)
            from app.vehicle_factors v))
$$;
grant execute on function app.impact_method() to ecopanier_api;
