-- Correct who a beneficiary is; return false, and change nothing, if the correction would make them somebody enrolled
-- already.
-- Called by PATCH /v1/beneficiaries/{beneficiary_id} after person_to_correct, as the association that enrolled them.
-- The keyed hash tells whether somebody else is that person. The attempt then stays in the audit log, because whoever
-- tries names until one is taken learns who is enrolled. A correction that leaves name and birth date as they were is
-- compared with nobody: where a change of method made two people alike, both stay correctable.
-- Definer, because nobody may write persons. Only the association that enrolled the beneficiary gets through, not an
-- admin.
-- Locks: the beneficiary, then the person.
create or replace function app.correct_person(
    beneficiary uuid, new_household_size int, new_sealed bytea, new_identity bytea, former_identity bytea,
    method int) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own    app.beneficiaries := app.own_beneficiary(beneficiary);
    holder uuid;
begin
    if coalesce(own.association_id <> all (array(select app.verified_associations_of(app.caller()))), true) then
        raise exception 'beneficiary.not_found' using errcode = 'EP404';  -- an admin may decide about anybody but read nobody's name
    end if;
    perform app.require_factor_for_names();
    update app.beneficiary_persons p set household_size = new_household_size, sealed = new_sealed
    where p.beneficiary_id = beneficiary
      and (p.identity = new_identity or p.identity = former_identity and p.identity_method < method);
    if not found then
        select p.beneficiary_id into holder from app.beneficiary_persons p
        where (p.identity = new_identity or p.identity = former_identity and p.identity_method < method)
          and p.beneficiary_id <> beneficiary
        order by p.identity_rank limit 1;
        if found then
            perform app.note('beneficiary.found_elsewhere', 'beneficiary', holder);
            return false;
        end if;
        update app.beneficiary_persons p
        set household_size = new_household_size, sealed = new_sealed,
            identity = new_identity, identity_method = method, identity_rank = 0
        where p.beneficiary_id = beneficiary;
    end if;
    update app.beneficiaries b set version = b.version + 1 where b.id = beneficiary;
    perform app.note('person.corrected', 'beneficiary', beneficiary);
    return true;
end $$;
grant execute on function app.correct_person(uuid, int, bytea, bytea, bytea, int) to authenticated;
