-- Return who of these places of a batch its association has enrolled: by the external id or, if it enrolled them itself, by
-- the keyed hash. Whose right is to end is found by the external id alone.
-- Called by enrol_batch, before and after it locks them. Only the owner may execute it.
create or replace function app.own_people(batch uuid, places int[]) returns table (place int, beneficiary uuid)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    -- From each person to who they may be, by an index: the tables grow by thousands between two looks at their statistics,
    -- and a join that the planner turns round would take minutes.
    return query
    select distinct on (i.place) i.place, b.id
    from unnest(places) as u (place)
    join app.partner_people i on i.batch_id = own_people.batch and i.place = u.place
    join app.partner_batches x on x.id = i.batch_id
    cross join lateral (
        select e.beneficiary_id, 0 as way from app.partner_enrolments e where e.lookup = i.lookup
        union all
        select p.beneficiary_id, 1 from app.beneficiary_persons p where p.identity = i.identity and not i.ends
        union all
        select p.beneficiary_id, 2 from app.beneficiary_persons p
        where p.identity = i.former_identity and p.identity_method < i.identity_method and not i.ends
        offset 0) f
    join app.beneficiaries b
        on b.id = f.beneficiary_id and b.status <> 'erased' and b.association_id = x.association_id
    order by i.place, f.way, b.id;
end $$;
