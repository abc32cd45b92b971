-- Return transfers to and from the caller's association (for an admin all), newest first, or the one with id `one`.
-- Called by GET /v1/beneficiaries/transfers, by GET /v1/beneficiaries/{beneficiary_id} and by the acts' routes that
-- answer with a transfer, as an association or an admin.
-- Definer, because the receiving association may see neither the beneficiary before it accepts nor the other
-- association at all. This lets through the code, the names of both associations, and the end of the right to an
-- admin, while the transfer is pending, and to the association that the person is with now.
create or replace function app.transfers_seen(one uuid, only_status text, before uuid, most int)
returns table (id uuid, beneficiary_id uuid, code text, eligible_until date, from_association_id uuid,
               from_association text, to_association_id uuid, to_association text, status text, asked_at timestamptz,
               ended_at timestamptz, waits_for text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    theirs   uuid[] := array(select app.associations_of(app.caller(), 'staff'));
    is_admin boolean := coalesce(app.caller_role() = 'admin', false);
begin
    -- A list is that of one association; a transfer is seen by either side.
    if one is null and not is_admin then theirs := array[app.acting_association('staff')]; end if;
    return query
        select t.id, t.beneficiary_id, b.code,
               case when is_admin or t.status = 'pending' or b.association_id = any (theirs) then b.eligible_until end,
               t.from_association_id, f.name, t.to_association_id, r.name, t.status, t.asked_at, t.ended_at,
               case when t.status = 'pending' then app.transfer_waits_for(t) end
        from app.transfers t
        join app.beneficiaries b on b.id = t.beneficiary_id and b.status <> 'erased'
        join app.associations r on r.id = t.to_association_id
        left join app.associations f on f.id = t.from_association_id
        where (is_admin or t.from_association_id = any (theirs) or t.to_association_id = any (theirs))
          and (one is null or t.id = one)
          and (only_status is null or t.status = only_status)
          and (before is null or t.id < before)
        order by t.id desc limit most;
end $$;
grant execute on function app.transfers_seen(uuid, text, uuid, int) to authenticated;
