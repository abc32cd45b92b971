-- Return up to `most` persons whose keyed hash an earlier method made, sealed, with the data keys that open them, in the
-- order of beneficiaries; and note each in the audit log.
-- Called by the worker's job beneficiaries.renew_identities, which computes the hashes anew from the opened names.
-- Definer, because nobody may read persons and data keys; only the worker's login may execute it. Left out are persons
-- whose data key needs a master key that the worker does not have. Each entry says who was opened and why.
create or replace function app.identities_to_renew(present_method int, master_keys text[], beyond uuid, most int)
returns table (beneficiary_id uuid, sealed bytea, wrapped bytea, master_key text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    opened uuid[] := array(
        select p.beneficiary_id from app.beneficiary_persons p
        join key_vault.data_keys k on k.account_id = p.beneficiary_id
        where p.identity_method < present_method and k.master_key = any (master_keys)
          and (beyond is null or p.beneficiary_id > beyond)
        order by p.beneficiary_id limit most);
begin
    perform app.note_each('person.opened', 'beneficiary', opened, '{"why": "identity"}');
    return query
        select p.beneficiary_id, p.sealed, k.wrapped, k.master_key
        from app.beneficiary_persons p
        join key_vault.data_keys k on k.account_id = p.beneficiary_id
        where p.beneficiary_id = any (opened)
        order by p.beneficiary_id;
end $$;
grant execute on function app.identities_to_renew(int, text[], uuid, int) to ecopanier_worker;
