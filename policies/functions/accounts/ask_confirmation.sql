-- Queue a mail that asks to confirm the address of an account that an earlier release opened without that.
-- Called by POST /v1/auth/token, as the API, when the password was right but the address is not confirmed.
-- Definer, because nobody may queue mails to others; only the API may execute it.
create or replace function app.ask_confirmation(account uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.defer('accounts.send_mail', jsonb_build_object('account_id', account, 'mail', 'verify_email'));
end $$;
grant execute on function app.ask_confirmation(uuid) to ecopanier_api;
