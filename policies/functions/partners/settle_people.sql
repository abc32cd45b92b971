-- Write the outcome of people of a batch, and remove what was sealed for them: refused for these reasons, or accepted if
-- there are none.
-- Called by enrol_batch, under the lock of the batch. Only the owner may execute it.
create or replace function app.settle_people(batch uuid, places int[], reasons jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update key_vault.partner_people i
    set outcome = case when reasons is null then 'accepted' else 'refused' end, errors = reasons, account_id = null,
        eligible_until = null, household_size = null, sealed = null, identity = null, former_identity = null,
        identity_method = null, wrapped = null, master_key = null, activation_hash = null
    where i.batch_id = batch and i.place = any (places);
end $$;
