-- Put the people into a batch that begin_batch made in this transaction, and queue the job that enrols them.
-- Called by POST /v1/partners/beneficiaries. Names are sealed already, each with the key of the account that it may become;
-- external ids are sealed, and told by keyed hashes. Whoever has `wrong` fields is refused at once.
-- Definer, because nobody may write batches; only the API may execute it.
create or replace function app.fill_batch(
    batch uuid, lookups bytea[], externals bytea[], ends boolean[], wrong text[], ids uuid[], untils date[],
    household_sizes int[], sealed_persons bytea[], identities bytea[], former_identities bytea[], method int,
    wrapped_keys bytea[], master_key text, activation_hashes bytea[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into key_vault.partner_people (
        batch_id, place, lookup, sealed_external, ends, outcome, errors, account_id, eligible_until, household_size, sealed,
        identity, former_identity, identity_method, wrapped, master_key, activation_hash)
    select batch, n.place, n.lookup, n.sealed_external, n.ends, case when n.wrong is not null then 'refused' end,
           n.wrong::jsonb, n.id, n.until, n.household_size, n.sealed, n.identity, n.former_identity,
           case when n.id is not null then method end, n.wrapped,
           case when n.id is not null then fill_batch.master_key end, n.activation_hash
    from unnest(lookups, externals, ends, wrong, ids, untils, household_sizes, sealed_persons, identities,
                former_identities, wrapped_keys, activation_hashes) with ordinality
         as n (lookup, sealed_external, ends, wrong, id, until, household_size, sealed, identity, former_identity, wrapped,
               activation_hash, place);
    perform app.defer('partners.enrol', jsonb_build_object('batch_id', batch));
end $$;
grant execute on function app.fill_batch(
    uuid, bytea[], bytea[], boolean[], text[], uuid[], date[], int[], bytea[], bytea[], bytea[], int, bytea[], text,
    bytea[]) to ecopanier_api;
