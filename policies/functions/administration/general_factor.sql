-- Return the impact factor in force for food whose category has no factor of its own.
-- Called by set_general_factor, and by GET and PUT /v1/admin/settings, as an admin.
-- Definer like the act that calls it; it lets through one row of a public table.
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
