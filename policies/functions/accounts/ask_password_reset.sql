-- Queue a mail with a link to a new password, whoever owns the address; for an address that no account has confirmed
-- there is no account to mail it to, and nothing is sent.
-- Called by POST /v1/auth/forgot-password, as the API. The answer and the work for it are the same in both cases, so
-- that nobody learns which addresses are known.
-- Definer, because it looks an address up. It returns nothing.
create or replace function app.ask_password_reset(given_email text, email_lookup bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.queue_mail('reset_password', coalesce(
        app.holder_of_address(given_email, email_lookup), '00000000-0000-0000-0000-000000000000'));
end $$;
grant execute on function app.ask_password_reset(text, bytea) to ecopanier_api;
