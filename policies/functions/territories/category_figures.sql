-- Return the published figures of a territory in one month by category of food, those of most food first, as JSON; null if
-- nothing about that month is published.
-- Called by GET /v1/territories/{code}/categories and for the monthly report, as the API, for anybody. A month is told by its
-- newest release.
-- Definer, because nobody is granted the tables.
create or replace function app.category_figures(wanted text, month date) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with told as (
        select r.id from app.releases r
        where r.kind = 'month' and r.first_day = month and not exists (select from app.releases c where c.corrects = r.id)
    )
    select coalesce((
        select json_agg(json_build_object(
                   'category', f.category, 'suppressed', f.suppressed, 'collected', f.collected, 'given', f.given,
                   'food_kg', round(f.food_grams / 1000.0, 1), 'meals', round(f.meals, 1),
                   'co2e_kg', round(f.co2e_grams / 1000.0, 1)) order by f.food_grams desc nulls last, f.category)
        from app.released_figures f where f.release_id = t.id and f.code = wanted and f.category <> ''), '[]')::text
    from told t
$$;
grant execute on function app.category_figures(text, date) to ecopanier_api;
