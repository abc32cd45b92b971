-- Make the account of somebody who has proven their e-mail address, and return its id.
-- Called by confirm_address; and by POST /v1/auth/register as the API where Supabase Auth has proven the address
-- (`known_as` is the id there). As the caller has proven it, a refusal may say that the address is taken.
-- Definer, because nobody may write accounts; only the API may execute it. Beneficiaries and admins cannot register
-- here.
-- Locks: the address (claim_address), then the rows that it inserts.
create or replace function app.register_account(
    wanted_role text, wanted_email text, new_password_hash text, wanted_name text, wanted_locale text, terms text,
    email_lookup bytea, known_as uuid, since timestamptz default null, out account uuid, out registered_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if wanted_role not in ('customer', 'merchant', 'collector', 'association') then
        raise exception 'account.role_not_open' using errcode = 'EP422';
    end if;
    -- Agreed to when they registered, if they confirm an address now.
    if since is null then perform app.check_consent('terms', terms); end if;
    account := known_as;
    registered_at := coalesce(since, app.clock());

    if email_lookup is not null then perform app.claim_address(email_lookup); end if;
    insert into app.accounts (id, role, email, email_verified_at, display_name, locale, created_at)
    select account, wanted_role, wanted_email, app.clock(), wanted_name, wanted_locale, registered_at
    where not exists (select from app.sealed_addresses s where s.lookup = email_lookup and s.verified_at is not null)
    on conflict do nothing;
    if not found then
        if exists (select from app.accounts a where a.id = known_as) then
            raise exception 'account.already_registered' using errcode = 'EP409';
        end if;
        raise exception 'account.email_taken' using errcode = 'EP409';
    end if;

    if new_password_hash is not null then
        insert into app.credentials (account_id, password_hash) values (account, new_password_hash);
    end if;
    insert into app.consents (account_id, purpose, version, given, at)
    values (account, 'terms', terms, true, registered_at);
    if wanted_role = 'association' then
        insert into app.associations (id, name) values (account, wanted_name);
        perform app.tell_admins('association', account, wanted_name, account);
    elsif wanted_role = 'collector' then
        insert into app.collectors (id) values (account);
        perform app.tell_admins('collector', account, null, account);
    end if;
end $$;
grant execute on function app.register_account(text, text, text, text, text, text, bytea, uuid, timestamptz) to ecopanier_api;
