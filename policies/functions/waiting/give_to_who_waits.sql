-- Trigger: offer portions that came back to a lot to those who wait for it, before anybody else sees them.
-- Fires after an update of a lot's stock or status (policies/tables/lots.sql), under the lot's lock.
create or replace function app.give_to_who_waits() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.hand_on(new.id);
    return null;
end $$;
