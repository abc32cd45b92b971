-- Return the published series of impact, oldest period first, as JSON.
-- Called by GET /v1/impact/series, as the API, for anybody.
-- People are published as the difference of two sums in whole groups of eleven, so that the periods add up to what
-- public_impact says and no difference tells about fewer than eleven.
-- Definer, because the counts behind the groups of eleven are not public.
create or replace function app.impact_series() returns json
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce(json_agg(json_build_object(
        'from', to_char(p.first_month, 'YYYY-MM'), 'to', to_char(p.last_month, 'YYYY-MM'),
        'meals', round(p.meals, 1), 'food_kg', round(p.food_grams / 1000.0, 1),
        'co2e_kg', round(p.co2e_grams / 1000.0, 1), 'value_saved_cents', p.value_saved_cents,
        'saved_by_people_cents', p.value_saved_cents - p.recovered_by_shops_cents,
        'recovered_by_shops_cents', p.recovered_by_shops_cents,
        'people_helped', 11 * (p.helped_until / 11 - (p.helped_until - p.people_helped) / 11))
        order by p.first_month), '[]')
    from (select *, sum(people_helped) over (order by first_month) as helped_until from app.impact_periods) p
$$;
grant execute on function app.impact_series() to ecopanier_api;
