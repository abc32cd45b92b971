-- Add a depot or a relay, and return its id.
-- Called by POST /v1/collection-points, as owner or staff of a verified association, for it, or as an admin, for the
-- platform. Definer, because no role may write points.
create or replace function app.add_point(wanted jsonb) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    keeper uuid;
    added  uuid;
begin
    if app.caller_role() is distinct from 'admin' then
        keeper := app.acting_verified();
        if keeper is null then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    end if;
    if not app.in_france((wanted ->> 'latitude')::float8, (wanted ->> 'longitude')::float8) then
        raise exception 'collection_point.outside_territory' using errcode = 'EP422';
    end if;
    insert into app.collection_points (kind, association_id, name, address, insee_code, latitude, longitude, opening_hours,
        access, contacts, capacity_grams, capacity_crates, cold_crates, service_seconds, shown, created_at)
    select w.kind, keeper, w.name, w.address, w.insee_code, w.latitude, w.longitude, w.opening_hours, w.access, w.contacts,
           w.capacity_grams, w.capacity_crates, w.cold_crates, w.service_seconds, true, app.clock()
    from jsonb_populate_record(null::app.collection_points, wanted) w
    returning id into added;
    perform app.note('collection_point.added', 'collection_point', added);
    return added;
end $$;
grant execute on function app.add_point(jsonb) to authenticated;
