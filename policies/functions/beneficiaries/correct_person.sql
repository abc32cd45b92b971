-- Correct who a beneficiary is, by the association that enrolled them. Definer, because nobody writes persons; that this
-- is somebody else who is enrolled already, the keyed hash says; then nothing changes but the audit log, because whoever
-- tries names until one is taken learns who is enrolled.
create or replace function app.correct_person(
    beneficiary uuid, new_household_size int, new_sealed bytea, new_identity bytea) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own    app.beneficiaries := app.own_beneficiary(beneficiary);
    holder uuid;
begin
    if own.association_id is distinct from app.caller() then
        raise exception 'beneficiary.not_found' using errcode = 'EP404';  -- an admin decides about all and reads nobody
    end if;
    select p.beneficiary_id into holder from app.beneficiary_persons p
    where p.identity = new_identity and p.beneficiary_id <> beneficiary;
    if found then
        perform app.note('beneficiary.found_elsewhere', 'beneficiary', holder);
        return false;
    end if;
    update app.beneficiary_persons p
    set household_size = new_household_size, sealed = new_sealed, identity = new_identity
    where p.beneficiary_id = beneficiary;
    update app.beneficiaries b set version = b.version + 1 where b.id = beneficiary;
    perform app.note('person.corrected', 'beneficiary', beneficiary);
    return true;
end $$;
grant execute on function app.correct_person(uuid, int, bytea, bytea) to authenticated;
