-- A beneficiary's first sign-in: the token from the enrolment is used up, a password and, if wished, an e-mail are set.
-- An address that another account has is refused as such: the token's holder is known to the association.
create or replace function app.activate_beneficiary(held bytea, new_password_hash text, new_email text) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    account uuid := app.use_token(held, 'activate');
begin
    insert into app.credentials as c (account_id, password_hash) values (account, new_password_hash)
    on conflict (account_id) do update set password_hash = excluded.password_hash, changed_at = app.clock();
    if new_email is not null then
        update app.accounts a set email = new_email where a.id = account;
        perform app.defer('accounts.send_mail', jsonb_build_object('account_id', account, 'mail', 'verify_email'));
    end if;
    return account;
end $$;
grant execute on function app.activate_beneficiary(bytea, text, text) to ecopanier_api;
