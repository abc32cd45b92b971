-- Return the association for which somebody acts on a subject; null if it is the actor itself or cannot be told.
-- Called by note and note_each, so that entries about people tell which association it was. Only the owner may execute
-- it. It is the one that the request names, the only one that they work for, or the one that has the beneficiary.
create or replace function app.acted_for(actor uuid, about text, about_id uuid) returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    named  uuid := nullif(current_setting('app.association', true), '')::uuid;
    theirs uuid[];
begin
    if about not in ('beneficiary', 'import', 'kiosk', 'agreement') then return null; end if;
    theirs := array(select m.association_id from app.members m
                    where m.account_id = actor and m.association_id is not null and m.role in ('owner', 'staff'));
    return nullif(case when named = any (theirs) then named
                       when cardinality(theirs) < 2 then theirs[1]
                       when about = 'beneficiary' then (select b.association_id from app.beneficiaries b
                                                        where b.id = about_id and b.association_id = any (theirs)) end,
                  actor);
end $$;
