-- Trigger: keep the collection point of an association equal to it. One that is not
-- public is on no map.
-- Fires after each insert or change of an association (policies/tables/collection_points.sql). Definer, because nobody may write
-- points. Locks: as keep_point.
create or replace function app.keep_point_of_association() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    point app.collection_points;
begin
    point.kind := 'association';
    point.association_id := new.id;
    point.name := new.name;
    point.address := coalesce(new.address, '');
    point.insee_code := new.insee_code;
    point.latitude := new.latitude;
    point.longitude := new.longitude;
    point.opening_hours := new.opening_hours;
    point.shown := new.is_public and new.status = 'verified';
    point.closed_at := case when new.status = 'closed' then app.clock() end;
    perform app.keep_point(point);
    return null;
end $$;
