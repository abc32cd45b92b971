-- Mark the address verified by the token that was sent to it. For the API alone.
create or replace function app.verify_email(held bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    account uuid := app.use_token(held, 'verify_email');  -- once, not for each row that is looked at
begin
    update app.accounts a set email_verified_at = app.clock() where a.id = account and a.email is not null;
    update app.sealed_addresses s set verified_at = app.clock() where s.account_id = account;
end $$;
grant execute on function app.verify_email(bytea) to ecopanier_api;
