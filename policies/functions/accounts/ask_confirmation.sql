-- Tell an account that its address is to be confirmed, in the app and by a mail with a code and a link.
-- Called by POST /v1/auth/token, as the API, when the password was right but the address is not confirmed, as in accounts
-- of an early release; by activate_beneficiary and tell_queued.
-- Definer, because nobody may write notices to others; only the API may execute it.
create or replace function app.ask_confirmation(account uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.notify(account, 'address_to_confirm', '{}');
end $$;
grant execute on function app.ask_confirmation(uuid) to ecopanier_api;
