-- Keep the caller's sealed diet in place of an earlier one, and note in the audit log that it changed, not what it is.
-- Called by PUT /v1/me/diet after hold_diet_key, as the API.
-- Raises EP409 without the consent to it. Definer, because nobody may write diets; only the API may execute it.
-- Locks: the account, so that nothing is kept past a consent that is withdrawn at the same time; then the diet.
create or replace function app.keep_diet(caller uuid, new_sealed bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform from app.accounts a where a.id = caller for no key update;
    perform app.require_role(caller, 'customer', 'beneficiary');
    if not app.agreed_to_diet(caller) then raise exception 'diet.consent_needed' using errcode = 'EP409'; end if;
    insert into app.diets (account_id, sealed) values (caller, new_sealed)
    on conflict on constraint diets_pkey do update set sealed = excluded.sealed;
    perform app.be_audited(caller);
    perform app.note('diet.changed', 'diet', caller);
end $$;
grant execute on function app.keep_diet(uuid, bytea) to ecopanier_api;
