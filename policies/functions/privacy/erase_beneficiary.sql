-- The association that enrolled somebody, or an admin, erases them because they asked for it: not everybody has a password
-- or a telephone to do so themselves.
create or replace function app.erase_beneficiary(beneficiary uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.own_beneficiary(beneficiary);
    perform app.erase_account(beneficiary, 'asked_for');
end $$;
grant execute on function app.erase_beneficiary(uuid) to authenticated;
