-- Return the page of a public association, as JSON; null for every other one, as for one that does not exist.
-- Called by GET /v1/associations/{association_id}, as the API, for anybody: its members and admins have routes of their
-- own, and whoever asks here is told the same.
-- Definer, because strangers see no rows of associations. It lets through what the association wants to show.
create or replace function app.association_page(association uuid) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (
        select json_build_object(
            'id', a.id, 'name', a.name, 'description', a.description, 'photo_id', a.photo_id, 'phone', a.phone,
            'website', a.website, 'address', a.address, 'insee_code', a.insee_code, 'latitude', a.latitude,
            'longitude', a.longitude, 'opening_hours', a.opening_hours, 'time_zone', a.time_zone)
        from app.associations a where a.id = association and app.is_shown(a));
end $$;
grant execute on function app.association_page(uuid) to ecopanier_api;
