-- Return up to `most` of the caller's memberships, in the order of ids, after `beyond`, or only `wanted`.
-- Called by GET /v1/me/memberships and POST /v1/invitations/{token}/accept. Definer, because nobody may read members; it
-- returns the caller's own only.
create or replace function app.own_memberships(
    most int, beyond uuid default null, wanted uuid default null,
    out id uuid, out shop_id uuid, out association_id uuid, out organisation_id uuid,
    out name text, out role text, out joined_at timestamptz)
returns setof record
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    return query
    select m.id, m.shop_id, m.association_id, m.organisation_id, coalesce(s.name, a.name, o.name), m.role, m.joined_at
    from app.members m
    left join app.shops s on s.id = m.shop_id
    left join app.associations a on a.id = m.association_id
    left join app.organisations o on o.id = m.organisation_id
    where m.account_id = app.caller() and o.status is distinct from 'closed' and (beyond is null or m.id > beyond) and (wanted is null or m.id = wanted)
    order by m.id limit most;
end $$;
grant execute on function app.own_memberships(int, uuid, uuid) to authenticated;
