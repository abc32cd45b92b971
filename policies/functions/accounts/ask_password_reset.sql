-- Queue a password-reset mail if an active account has this address and has confirmed it; otherwise do nothing.
-- Called by POST /v1/auth/forgot-password, as the API. The answer is the same in both cases.
-- Definer, because it looks an address up. It returns nothing, so that nobody learns which addresses are known.
create or replace function app.ask_password_reset(given_email text, email_lookup bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    account uuid;
begin
    select a.id into account from app.accounts a left join app.sealed_addresses s on s.account_id = a.id
    where a.id = app.holder_of_address(given_email, email_lookup) and a.status = 'active'
      and coalesce(a.email_verified_at, s.verified_at) is not null;
    if found then
        perform app.defer('accounts.send_mail', jsonb_build_object('account_id', account, 'mail', 'reset_password'));
    end if;
end $$;
grant execute on function app.ask_password_reset(text, bytea) to ecopanier_api;
