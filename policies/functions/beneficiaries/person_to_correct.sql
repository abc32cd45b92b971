-- Return a beneficiary's sealed names and contacts with their data key and version, and lock the beneficiary.
-- Called by PATCH /v1/beneficiaries/{beneficiary_id} before correct_person, as the association that enrolled them. The
-- lock lasts until the correction is committed, so that neither of two corrections at once is lost.
-- Definer, for the same reason as open_persons, which it calls. An admin gets EP404.
-- Locks: the beneficiary.
create or replace function app.person_to_correct(
    beneficiary uuid, out household_size int, out sealed bytea, out wrapped bytea, out master_key text, out version int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    version := (app.own_beneficiary(beneficiary)).version;
    select o.household_size, o.sealed, o.wrapped, o.master_key into household_size, sealed, wrapped, master_key
    from app.open_persons(array[beneficiary], 'correct') o;
    if not found then raise exception 'beneficiary.not_found' using errcode = 'EP404'; end if;
end $$;
grant execute on function app.person_to_correct(uuid) to authenticated;
