-- Write what a collector drives, when and where; return the new version, or null if the profile has none of these versions.
-- Called by PUT /v1/collectors/me. A profile that does not exist yet has version 0.
-- Definer, because no role may write profiles. Lets through a collector's own, whether they are verified yet or not.
-- Locks: the collector.
create or replace function app.keep_collector_profile(wanted jsonb, versions int[]) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    me  uuid := app.caller();
    old int;
    new app.collector_profiles := jsonb_populate_record(null::app.collector_profiles, wanted);
begin
    perform from app.collectors c where c.id = me for update;
    if not found then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    if not app.in_france(new.latitude, new.longitude) then
        raise exception 'collector.outside_territory' using errcode = 'EP422';
    end if;
    select p.version into old from app.collector_profiles p where p.collector_id = me;
    if versions is not null and coalesce(old, 0) <> all (versions) then return null; end if;
    insert into app.collector_profiles as p (collector_id, vehicle, professional, most_grams, crates, cold_crates, speed_kmh,
        farthest_metres, parking_seconds, latitude, longitude, insee_code, radius_metres, returns_to_start, hours, away_until)
    values (me, new.vehicle, new.professional, new.most_grams, new.crates, new.cold_crates, new.speed_kmh,
        new.farthest_metres, new.parking_seconds, new.latitude, new.longitude, new.insee_code, new.radius_metres,
        new.returns_to_start, new.hours, new.away_until)
    on conflict (collector_id) do update set
        vehicle = excluded.vehicle, professional = excluded.professional, most_grams = excluded.most_grams,
        crates = excluded.crates, cold_crates = excluded.cold_crates, speed_kmh = excluded.speed_kmh,
        farthest_metres = excluded.farthest_metres, parking_seconds = excluded.parking_seconds,
        latitude = excluded.latitude, longitude = excluded.longitude, insee_code = excluded.insee_code,
        radius_metres = excluded.radius_metres, returns_to_start = excluded.returns_to_start, hours = excluded.hours,
        away_until = excluded.away_until, version = p.version + 1;
    return coalesce(old, 0) + 1;
end $$;
grant execute on function app.keep_collector_profile(jsonb, int[]) to authenticated;
