-- Enrol people, any number at once, as enrol_people does.
-- Called by POST /v1/beneficiaries and POST /v1/beneficiaries/import, as a verified association or an admin, and by
-- the demo town.
-- Definer, because nobody may write accounts. It returns ids and codes, in the order of the arrays. Only owners and
-- staff of a verified association get through, and admins.
-- Locks: the association (key share), those of enrol_people.
create or replace function app.enrol_beneficiaries(
    ids uuid[], untils date[], household_sizes int[], sealed_persons bytea[], identities bytea[],
    former_identities bytea[], method int, wrapped_keys bytea[], master_key text, activation_hashes bytea[])
returns table (place int, outcome text, beneficiary uuid, new_code text, held_token bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    is_admin boolean := coalesce(app.caller_role() = 'admin', false);
    enroller uuid := case when not is_admin then app.acting_association('staff') end;
begin
    if not is_admin then
        -- The lock keeps an association that is being closed or rejected from enrolling anybody.
        perform from app.associations a where a.id = enroller and a.status = 'verified' for key share;
        if not found then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    end if;
    return query select * from app.enrol_people(
        enroller, ids, untils, household_sizes, sealed_persons, identities, former_identities, method, wrapped_keys,
        master_key, activation_hashes);
end $$;
grant execute on function app.enrol_beneficiaries(uuid[], date[], int[], bytea[], bytea[], bytea[], int, bytea[],
    text, bytea[]) to authenticated;
