-- Register an account. Definer and for the API alone: nobody may write accounts, and the answer to an address that is
-- already known must look the same, so it is decided here: a fresh id comes back, and the person at that address is told.
create or replace function app.register_account(
    wanted_role text, wanted_email text, new_password_hash text, wanted_name text, wanted_locale text, terms text,
    known_as uuid default null)
returns uuid language plpgsql security definer set search_path = '' as $$
declare
    account uuid := coalesce(known_as, app.uuid7());
    already uuid;
begin
    if wanted_role not in ('customer', 'merchant', 'collector', 'association') then
        raise exception 'account.role_not_open' using errcode = 'EP422';
    end if;

    insert into app.accounts (id, role, email, display_name, locale)
    values (account, wanted_role, wanted_email, wanted_name, wanted_locale)
    on conflict do nothing;
    if not found then
        select a.id into already from app.accounts a where lower(a.email) = lower(wanted_email);
        if already is not null then
            perform app.defer('accounts.send_mail', jsonb_build_object('account_id', already, 'mail', 'already_registered'));
        end if;
        return account;
    end if;

    if new_password_hash is not null then
        insert into app.credentials (account_id, password_hash) values (account, new_password_hash);
    end if;
    insert into app.consents (account_id, name, version) values (account, 'terms', terms);
    if wanted_role = 'association' then
        insert into app.associations (id, name) values (account, wanted_name);
    elsif wanted_role = 'collector' then
        insert into app.collectors (id) values (account);
    end if;
    if known_as is null then  -- with Supabase Auth, Supabase verifies the address
        perform app.defer('accounts.send_mail', jsonb_build_object('account_id', account, 'mail', 'verify_email'));
    end if;
    return account;
end $$;
grant execute on function app.register_account(text, text, text, text, text, text, uuid) to ecopanier_api;
