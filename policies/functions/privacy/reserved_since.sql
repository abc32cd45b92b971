-- Return whether an account has reserved since a moment. Reserving counts as activity too: with sign-ins that are not
-- ours it may be the only sign.
-- Called by accounts_to_erase, erase_in_time and warn_silent_accounts. Definer, because it reads reservations; only
-- the owner may execute it.
create or replace function app.reserved_since(account uuid, moment timestamptz) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return exists (select from app.reservations r where r.account_id = account and r.id >= app.first_id_at(moment));
end $$;
