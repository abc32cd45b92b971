-- Correct who a beneficiary is, by the association that enrolled them. Definer, because nobody writes persons; that this
-- is somebody else who is enrolled already, the keyed hash says.
create or replace function app.correct_person(
    beneficiary uuid, new_household_size int, new_sealed bytea, new_identity bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own app.beneficiaries := app.own_beneficiary(beneficiary);
begin
    if own.association_id is distinct from app.caller() then
        raise exception 'beneficiary.not_found' using errcode = 'EP404';  -- an admin decides about all and reads nobody
    end if;
    update app.beneficiary_persons p
    set household_size = new_household_size, sealed = new_sealed, identity = new_identity
    where p.beneficiary_id = beneficiary;
    update app.beneficiaries b set version = b.version + 1 where b.id = beneficiary;
    perform app.note('person.corrected', 'beneficiary', beneficiary);
end $$;
grant execute on function app.correct_person(uuid, int, bytea, bytea) to authenticated;
