-- The impact factor in force for what has no factor of its own category.
create or replace function app.general_factor() returns app.impact_factors
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    factor app.impact_factors;
begin
    select f.* into strict factor from app.impact_factors f
    where f.category is null and f.valid_from <= app.paris_day(app.clock())
    order by f.valid_from desc, f.id desc limit 1;
    return factor;
end $$;
grant execute on function app.general_factor() to authenticated;
