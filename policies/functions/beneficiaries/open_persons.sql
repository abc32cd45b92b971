-- Return these beneficiaries' sealed names and contacts with the data keys that open them, and note each in the audit
-- log.
-- Called by GET /v1/beneficiaries, GET /v1/beneficiaries/{beneficiary_id}, POST /v1/beneficiaries/find and PATCH
-- (through person_to_correct), as owner or staff of a verified association; by GET /v1/me/export, as the beneficiary.
-- Definer, because nobody may read data keys: it returns those of the caller's own people, or the caller's own, and
-- silently leaves out others. Each entry says whom and why, so that no name is read without a trace. Raises EP403 if the
-- sign-in has not passed the second factor that it must (require_factor_for_names).
create or replace function app.open_persons(wanted uuid[], why text)
returns table (beneficiary_id uuid, household_size int, sealed bytea, wrapped bytea, master_key text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    opener      uuid := app.caller();
    theirs      uuid[] := array(select app.verified_associations_of(opener));
    opened      uuid[];
begin
    if why is null or why !~ '^[a-z_]+$' then raise exception 'decision.unknown' using errcode = 'EP422'; end if;
    -- Decided once: somebody who is being transferred at this moment is opened and noted, or neither.
    opened := array(
        select p.beneficiary_id from app.beneficiary_persons p join app.beneficiaries b on b.id = p.beneficiary_id
        where p.beneficiary_id = any (wanted) and (b.association_id = any (theirs) or b.id = opener)
        order by p.beneficiary_id);
    -- A beneficiary who opens their own names for a copy is not somebody who works with other people's.
    if exists (select from unnest(opened) as o (id) where o.id <> opener) then
        perform app.require_factor_for_names();
    end if;
    perform app.note_each('person.opened', 'beneficiary', opened, jsonb_build_object('why', why));
    return query
        select p.beneficiary_id, p.household_size, p.sealed, k.wrapped, k.master_key
        from app.beneficiary_persons p
        join key_vault.data_keys k on k.account_id = p.beneficiary_id
        where p.beneficiary_id = any (opened);
end $$;
grant execute on function app.open_persons(uuid[], text) to authenticated;
