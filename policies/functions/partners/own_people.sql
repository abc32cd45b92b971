-- Return who of these places of a batch its association has enrolled: by the external id or, if it enrolled them itself, by
-- the keyed hash. Whose right is to end is found by the external id alone.
-- Called by enrol_batch, before and after it locks them. Only the owner may execute it.
create or replace function app.own_people(batch uuid, places int[]) returns table (place int, beneficiary uuid)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
begin
    -- From each person to who they may be, each time by an index (`offset 0` keeps the planner from turning it round): the
    -- tables grow by thousands between two looks at their statistics.
    return query
    select distinct on (f.place) f.place, f.beneficiary_id
    from (
        select i.place, x.association_id, who.beneficiary_id, who.way
        from unnest(places) as u (place)
        join key_vault.partner_people i on i.batch_id = own_people.batch and i.place = u.place
        join app.partner_batches x on x.id = i.batch_id
        cross join lateral (
            select e.beneficiary_id, 0 as way from key_vault.partner_enrolments e where e.lookup = i.lookup
            union all
            select p.beneficiary_id, 1 from app.beneficiary_persons p where p.identity = i.identity and not i.ends
            union all
            select p.beneficiary_id, 2 from app.beneficiary_persons p
            where p.identity = i.former_identity and p.identity_method < i.identity_method and not i.ends
            offset 0) who
        offset 0) f
    where exists (select from app.beneficiaries b
                  where b.id = f.beneficiary_id and b.status <> 'erased' and b.association_id = f.association_id offset 0)
    order by f.place, f.way, f.beneficiary_id;
end $$;
