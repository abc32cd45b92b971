-- Trigger: keep the collection point of a shop equal to it.
-- Fires after each insert or change of a shop (policies/tables/collection_points.sql). Definer, because nobody may write
-- points. Locks: as keep_point.
create or replace function app.keep_point_of_shop() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    point app.collection_points;
begin
    point.kind := 'shop';
    point.shop_id := new.id;
    point.name := new.name;
    point.address := new.address;
    point.insee_code := new.insee_code;
    point.latitude := new.latitude;
    point.longitude := new.longitude;
    point.opening_hours := new.opening_hours;
    point.shown := new.status = 'verified';
    point.closed_at := case when new.status = 'closed' then app.clock() end;
    perform app.keep_point(point);
    return null;
end $$;
