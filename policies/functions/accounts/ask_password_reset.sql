-- Somebody says they forgot their password: a verified address gets a mail, anything else gets nothing, and the
-- answer is the same. Definer and for the API alone, because it looks an address up.
create or replace function app.ask_password_reset(given_email text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    account uuid;
begin
    select a.id into account from app.accounts a
    where lower(a.email) = lower(given_email) and a.email_verified_at is not null and a.status = 'active';
    if found then
        perform app.defer('accounts.send_mail', jsonb_build_object('account_id', account, 'mail', 'reset_password'));
    end if;
end $$;
grant execute on function app.ask_password_reset(text) to ecopanier_api;
