-- Return what a mailed token, or an address with its six-digit code, confirms; nothing if it confirms nothing.
-- Called by POST /v1/auth/verify-email, as the API, which then calls confirm_address.
-- A code counts against its address (5 in 15 minutes) before it is compared, whether the address is known or not; a
-- right one after that confirms nothing, while the token of the same mail still does. The count must survive a refusal,
-- so nothing is raised. `tries_left` is null for a token.
-- The address comes sealed, or in clear for an account of an earlier release; so does the key of a beneficiary's, whose
-- opening the audit log notes. `password_hash` is that of a beneficiary, for the API to compare with. `account` is null
-- for a registration.
-- Definer, because nobody may read confirmations, addresses or keys; only the API may execute it.
-- Locks: the counter.
create or replace function app.find_confirmation(
    held bytea, address_lookup bytea, given_code bytea, code_bucket bytea,
    out confirmation uuid, out account uuid, out tries_left int, out lookup bytea, out sealed bytea, out wrapped bytea,
    out master_key text, out address text, out password_hash text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    counted record;
    wanted  app.confirmations;
begin
    if held is not null then
        select * into wanted from app.confirmations c where c.token_hash = held and c.ends_at > app.clock();
    else
        select * into counted from app.throttle(code_bucket, 5, 900);
        tries_left := greatest(counted.tries_left, 0);
        if counted.tries_left < 0 then return; end if;
        select * into wanted from app.confirmations c
        where c.lookup = address_lookup and c.code_hash = given_code and c.code_ends_at > app.clock()
        order by c.asked_at desc limit 1;
    end if;
    if wanted.id is null then return; end if;

    confirmation := wanted.id;
    account := wanted.account_id;
    lookup := wanted.lookup;
    sealed := wanted.sealed;
    if account is not null then
        select a.email, s.sealed, k.wrapped, k.master_key, case when s.sealed is not null then p.password_hash end
        into address, sealed, wrapped, master_key, password_hash
        from app.accounts a
        left join app.sealed_addresses s on s.account_id = a.id
        left join key_vault.data_keys k on k.account_id = s.account_id
        left join app.credentials p on p.account_id = a.id
        where a.id = account;
        if sealed is not null then
            perform app.note('address.opened', 'account', account, jsonb_build_object('why', 'confirm_address'));
        end if;
    end if;
end $$;
grant execute on function app.find_confirmation(bytea, bytea, bytea, bytea) to ecopanier_api;
