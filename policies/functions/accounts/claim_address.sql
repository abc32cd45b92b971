-- Make a second transaction that wants the same e-mail address, in clear or sealed, wait until the first one has
-- ended.
-- Called by register_account, activate_beneficiary, confirm_address and mail_shop_invitation, with the keyed hash of the
-- address. No unique index can do this, because addresses stand in two tables.
-- Only the owner may execute it.
-- Locks: an advisory lock on the address, until the transaction ends.
create or replace function app.claim_address(wanted bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('address ' || encode(wanted, 'hex'), 0));
end $$;
