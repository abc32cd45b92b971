-- Return up to `most` organisations that the caller sees, in the order of ids, after `beyond`, or only `wanted`: an admin
-- all, with those that are closed; a member the open ones where they work. `role` is the caller's there.
-- Called by GET /v1/organisations and GET /v1/organisations/{organisation_id}. Definer, because nobody may read
-- organisations.
create or replace function app.organisations_seen(
    most int, beyond uuid default null, wanted uuid default null,
    out id uuid, out name text, out kind text, out siren text, out territory_code text, out territory_name text,
    out status text, out version int, out created_at timestamptz, out role text) returns setof record
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    admin boolean := app.caller_role() is not distinct from 'admin';
begin
    return query
    select o.id, o.name, o.kind, o.siren, o.territory_code, t.name, o.status, o.version, o.created_at, m.role
    from app.organisations o
    join app.territories t on t.code = o.territory_code
    left join app.members m on m.organisation_id = o.id and m.account_id = app.caller()
    where (admin or m.role is not null and o.status = 'active') and (beyond is null or o.id > beyond)
      and (wanted is null or o.id = wanted)
    order by o.id limit most;
end $$;
grant execute on function app.organisations_seen(int, uuid, uuid) to authenticated;
