-- Whether somebody reserved since then: a sign of life as well, which whoever signs in elsewhere may give alone.
create or replace function app.reserved_since(account uuid, moment timestamptz) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return exists (select from app.reservations r where r.account_id = account and r.id >= app.first_id_at(moment));
end $$;
