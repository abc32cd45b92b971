-- Register an account and return its id; for an address that is already known, return a fresh id that belongs to
-- nobody.
-- Called by POST /v1/auth/register, as the API.
-- The answer must not tell whether an address is known, so the decision is made here: the person who owns the address
-- gets a mail instead. With Supabase Auth (`known_as` is the id there) the caller has proven the address, so a refusal
-- may say that it is taken.
-- Definer, because nobody may write accounts; only the API may execute it. Beneficiaries and admins cannot register
-- here.
-- Locks: the address (claim_address), then the rows that it inserts.
create or replace function app.register_account(
    wanted_role text, wanted_email text, new_password_hash text, wanted_name text, wanted_locale text, terms text,
    email_lookup bytea, known_as uuid default null, out account uuid, out registered_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    already uuid;
begin
    if wanted_role not in ('customer', 'merchant', 'collector', 'association') then
        raise exception 'account.role_not_open' using errcode = 'EP422';
    end if;
    account := coalesce(known_as, app.uuid7());
    registered_at := app.clock();

    perform app.claim_address(wanted_email);
    select s.account_id into already from app.sealed_addresses s where s.lookup = email_lookup;
    insert into app.accounts (id, role, email, email_verified_at, display_name, locale, created_at)
    select account, wanted_role, wanted_email, case when known_as is not null then registered_at end, wanted_name,
            wanted_locale, registered_at
    where already is null
    on conflict do nothing;
    if not found then
        if exists (select from app.accounts a where a.id = known_as) then
            raise exception 'account.already_registered' using errcode = 'EP409';
        elsif known_as is not null then
            raise exception 'account.email_taken' using errcode = 'EP409';
        end if;
        already := app.holder_of_address(wanted_email, email_lookup);
        if already is not null then
            perform app.defer('accounts.send_mail', jsonb_build_object('account_id', already, 'mail', 'already_registered'));
        end if;
        return;
    end if;

    if new_password_hash is not null then
        insert into app.credentials (account_id, password_hash) values (account, new_password_hash);
    end if;
    insert into app.consents (account_id, purpose, version, given, at)
    values (account, 'terms', terms, true, registered_at);
    if wanted_role = 'association' then
        insert into app.associations (id, name) values (account, wanted_name);
    elsif wanted_role = 'collector' then
        insert into app.collectors (id) values (account);
    end if;
    if known_as is null then
        perform app.defer('accounts.send_mail', jsonb_build_object('account_id', account, 'mail', 'verify_email'));
    end if;
end $$;
grant execute on function app.register_account(text, text, text, text, text, text, bytea, uuid) to ecopanier_api;
