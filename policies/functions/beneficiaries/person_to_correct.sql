-- What it takes to read who a beneficiary is, for the association that enrolled them and is about to correct it: locked
-- until then, so that of two corrections at once none is lost. Definer, for the same reason as open_persons.
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
