-- Return the change that a mailed token or code confirms, with what the API needs for it: the new address, sealed, the
-- data key, and the present address unless it is sealed. Nothing if it confirms none of the caller's changes.
-- Called by POST /v1/me/email/confirm, as the API, which then calls change_email.
-- A code counts against its account (5 in 15 minutes) before it is compared; a right one after that confirms nothing,
-- while the token of the same mail still does. The count must survive a refusal, so nothing is raised. `tries_left` is
-- null for a token.
-- Definer, because nobody may read changes, addresses or keys; only the API may execute it.
-- Locks: the counter.
create or replace function app.find_email_change(
    caller uuid, held bytea, given_code bytea, code_bucket bytea, out change uuid, out tries_left int, out sealed bytea,
    out wrapped bytea, out master_key text, out present_address text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    counted record;
begin
    if held is null then
        select * into counted from app.throttle(code_bucket, 5, 900);
        tries_left := greatest(counted.tries_left, 0);
        if counted.tries_left < 0 then return; end if;
    end if;
    select c.id, c.sealed, k.wrapped, k.master_key, a.email into change, sealed, wrapped, master_key, present_address
    from app.email_changes c
    join app.accounts a on a.id = c.account_id
    join key_vault.data_keys k on k.account_id = a.id
    where c.account_id = caller and c.changed_at is null and c.ends_at > app.clock()
      and case when held is not null then c.token_hash = held
          else c.code_hash = given_code and c.code_ends_at > app.clock() end;
    if change is not null and app.standing(caller) = 'beneficiary' then
        perform app.be_audited(caller);
        perform app.note('address.opened', 'account', caller, jsonb_build_object('why', 'email_change'));
    end if;
end $$;
grant execute on function app.find_email_change(uuid, bytea, bytea, bytea) to ecopanier_api;
