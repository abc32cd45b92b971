-- Mark an account's e-mail address as confirmed, for the token that was sent to it.
-- Called by POST /v1/auth/verify-email, as the API.
-- Definer, because nobody may write addresses. The token lets its holder confirm that one account's address, once.
-- Locks: the token, then the address.
create or replace function app.verify_email(held bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    account uuid := app.use_token(held, 'verify_email');  -- called here, once; in the where clause it would run for each row
begin
    update app.accounts a set email_verified_at = app.clock() where a.id = account and a.email is not null;
    update app.sealed_addresses s set verified_at = app.clock() where s.account_id = account;
end $$;
grant execute on function app.verify_email(bytea) to ecopanier_api;
