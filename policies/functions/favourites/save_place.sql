-- Save a place of the caller and return its id.
-- Called by POST /v1/me/places, as a customer or a beneficiary. The place takes the lowest free slot. A constraint
-- refuses a slot above the highest, so that the number of places holds even without the lock.
-- Definer, because nobody may choose slots: it adds to the caller's own places only.
-- Locks: the account (no key update), so that two requests at once do not choose the same slot, and so that an account
-- that is being erased gets no place.
create or replace function app.save_place(name text, latitude float8, longitude float8) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    me   uuid := app.caller();
    made uuid;
begin
    perform app.require_role(me, 'customer', 'beneficiary');
    perform from app.accounts a where a.id = me for no key update;
    perform app.require_role(me, 'customer', 'beneficiary');
    insert into app.saved_places (account_id, slot, name, latitude, longitude)
    select me, n, save_place.name, save_place.latitude, save_place.longitude
    from generate_series(1, 1 + (select count(*) from app.saved_places p where p.account_id = me)) n
    where not exists (select from app.saved_places p where p.account_id = me and p.slot = n)
    order by n limit 1
    returning id into made;
    return made;
end $$;
grant execute on function app.save_place(text, float8, float8) to authenticated;
