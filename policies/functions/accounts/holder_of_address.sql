-- Return the account that has confirmed an e-mail address, whether it is stored in clear or sealed and found by its
-- keyed hash.
-- Called by register_account, activate_beneficiary, issue_registration, confirm_address and ask_password_reset.
-- Both look-ups are always made, so that the work does not depend on what is found.
-- Definer, because nobody may look an address up; only the owner may execute it.
create or replace function app.holder_of_address(wanted text, wanted_lookup bytea) returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    in_clear uuid;
    sealed   uuid;
begin
    select a.id into in_clear from app.accounts a
    where lower(a.email) = lower(wanted) and a.email_verified_at is not null;
    select s.account_id into sealed from app.sealed_addresses s
    where s.lookup = wanted_lookup and s.verified_at is not null;
    return coalesce(in_clear, sealed);
end $$;
