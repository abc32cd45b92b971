-- Trigger: move the alert of a saved place along with the place.
-- Fires after coordinates were changed (policies/tables/saved_places.sql).
-- Definer, because nobody may write areas. Locks: the alert.
create or replace function app.move_alert() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.place_alerts a set area = app.alert_area(new.latitude, new.longitude, a.radius_m) where a.place_id = new.id;
    return null;
end $$;
