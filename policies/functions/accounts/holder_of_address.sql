-- Return the account that owns an e-mail address, whether it is stored in clear or sealed and found by its keyed hash.
-- Called by register_account, activate_beneficiary and ask_password_reset. Definer, because nobody may look an address
-- up; only the owner may execute it.
create or replace function app.holder_of_address(wanted text, wanted_lookup bytea) returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return coalesce((select a.id from app.accounts a where lower(a.email) = lower(wanted)),
                    (select s.account_id from app.sealed_addresses s where s.lookup = wanted_lookup));
end $$;
