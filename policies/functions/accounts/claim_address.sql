-- Make a second transaction that wants the same e-mail address, in clear or sealed, wait until the first one has
-- ended.
-- Called by register_account and activate_beneficiary. No unique index can do this, because addresses stand in two
-- tables.
-- Only the owner may execute it.
-- Locks: an advisory lock on the address, until the transaction ends.
create or replace function app.claim_address(wanted text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('address ' || lower(wanted), 0));
end $$;
