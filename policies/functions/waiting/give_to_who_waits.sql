-- What comes back to a lot is offered to who waits for it, before anybody else sees it.
create or replace function app.give_to_who_waits() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.hand_on(new.id);
    return null;
end $$;
