-- Return a beneficiary that the caller may decide about, and lock the row; raise EP404 for any other.
-- Called by the acts that decide about a beneficiary. An admin may decide about anybody, owners and staff of a
-- verified association about its own people, and nobody about somebody who was erased. Nor about themselves: a member may
-- be a beneficiary, too, and rights are never self-declared.
-- Definer, because it locks a row that its callers may not write; only the owner may execute it.
-- Locks: the beneficiary.
create or replace function app.own_beneficiary(beneficiary uuid) returns app.beneficiaries
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own app.beneficiaries;
begin
    select b.* into own from app.beneficiaries b
    where b.id = beneficiary and b.status <> 'erased'
      and (app.caller_role() = 'admin'
           or b.association_id = any (array(select app.verified_associations_of(app.caller()))) and b.id <> app.caller())
    for update;
    if not found then raise exception 'beneficiary.not_found' using errcode = 'EP404'; end if;
    return own;
end $$;
