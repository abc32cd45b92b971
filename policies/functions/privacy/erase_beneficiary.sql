-- Erase a beneficiary who asked for it.
-- Called by DELETE /v1/beneficiaries/{beneficiary_id}, as the association that enrolled them or as an admin, because
-- not everybody has a password or a phone to do it themselves.
-- Definer, because nobody may erase. own_beneficiary decides who gets through. Locks: the beneficiary, then those of
-- erase_account.
create or replace function app.erase_beneficiary(beneficiary uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.own_beneficiary(beneficiary);
    perform app.erase_account(beneficiary, 'asked_for');
end $$;
grant execute on function app.erase_beneficiary(uuid) to authenticated;
