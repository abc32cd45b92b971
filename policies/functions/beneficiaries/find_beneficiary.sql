-- Which of a verified association's own people is meant, by the keyed hash of who they are; null for somebody unknown and
-- for somebody else's alike. Definer, because nobody reads the hashes; each search stands in the audit log.
create or replace function app.find_beneficiary(sought bytea) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    association uuid := (select a.id from app.associations a where a.id = app.caller() and a.status = 'verified');
    found_one   uuid;
begin
    select b.id into found_one from app.beneficiary_persons p join app.beneficiaries b on b.id = p.beneficiary_id
    where p.identity = sought and b.association_id = association;
    perform app.note('beneficiary.sought', 'beneficiary', found_one);
    return found_one;
end $$;
grant execute on function app.find_beneficiary(bytea) to authenticated;
