-- Return who of these places of a batch its association has enrolled: by the external id or, if it enrolled them itself, by
-- the keyed hash. Whose right is to end is found by the external id alone.
-- Called by enrol_batch, before and after it locks them. Only the owner may execute it.
create or replace function app.own_people(batch uuid, places int[]) returns table (place int, beneficiary uuid)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    return query
    select distinct on (f.place) f.place, b.id
    from (select i.place, e.beneficiary_id, 0 as way
          from app.partner_people i join app.partner_enrolments e on e.lookup = i.lookup
          where i.batch_id = own_people.batch and i.place = any (places)
          union all
          select i.place, p.beneficiary_id, 1
          from app.partner_people i join app.beneficiary_persons p on p.identity = i.identity
          where i.batch_id = own_people.batch and i.place = any (places) and not i.ends
          union all
          select i.place, p.beneficiary_id, 2
          from app.partner_people i join app.beneficiary_persons p
              on p.identity = i.former_identity and p.identity_method < i.identity_method
          where i.batch_id = own_people.batch and i.place = any (places) and not i.ends) f
    join app.beneficiaries b on b.id = f.beneficiary_id and b.status <> 'erased'
    join app.partner_batches x on x.id = own_people.batch and x.association_id = b.association_id
    order by f.place, f.way, b.id;
end $$;
