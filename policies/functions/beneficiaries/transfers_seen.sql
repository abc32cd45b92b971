-- Transfers to and from the caller's association, for an admin all, the newest first; or the one of this id. Definer,
-- because the receiving association sees neither the beneficiary before it has accepted nor the other association at all:
-- lets through the code, the name of both associations, and until when the right lasts as long as that concerns the reader.
create or replace function app.transfers_seen(one uuid, only_status text, before uuid, most int)
returns table (id uuid, beneficiary_id uuid, code text, eligible_until date, from_association_id uuid,
               from_association text, to_association_id uuid, to_association text, status text, asked_at timestamptz,
               ended_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    reader   uuid := app.caller();
    is_admin boolean := coalesce(app.caller_role() = 'admin', false);
begin
    return query
        select t.id, t.beneficiary_id, b.code,
               case when is_admin or t.status = 'pending' or b.association_id = reader then b.eligible_until end,
               t.from_association_id, f.name, t.to_association_id, r.name, t.status, t.asked_at, t.ended_at
        from app.transfers t
        join app.beneficiaries b on b.id = t.beneficiary_id and b.status <> 'erased'
        join app.associations r on r.id = t.to_association_id
        left join app.associations f on f.id = t.from_association_id
        where (is_admin or t.from_association_id = reader or t.to_association_id = reader)
          and (one is null or t.id = one)
          and (only_status is null or t.status = only_status)
          and (before is null or t.id < before)
        order by t.id desc limit most;
end $$;
grant execute on function app.transfers_seen(uuid, text, uuid, int) to authenticated;
