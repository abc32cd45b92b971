-- Queue a job that mails a link to a new password, whoever owns the address; for an address that no account has
-- confirmed the job has no account and mails nothing.
-- Called by POST /v1/auth/forgot-password, as the API. The answer and the work for it are the same in both cases, so
-- that nobody learns which addresses are known.
-- Definer, because it looks an address up. It returns nothing.
create or replace function app.ask_password_reset(given_email text, email_lookup bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.defer('accounts.send_mail', jsonb_build_object(
        'account_id', app.holder_of_address(given_email, email_lookup), 'mail', 'reset_password'));
end $$;
grant execute on function app.ask_password_reset(text, bytea) to ecopanier_api;
