-- Return up to `most` funds with an id below `beyond`, the newest first, or only `wanted`: to members of their organisation,
-- and to admins.
-- Called by GET /v1/funds and GET /v1/funds/{fund_id}, as a person. Definer, because only acts read funds.
create or replace function app.funds_seen(most int, beyond uuid default null, wanted uuid default null)
returns table (id uuid, facts jsonb)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select f.id, app.fund_facts(f) from app.funds f
    where (app.caller_role() = 'admin'
           or f.organisation_id = any (array(select app.organisations_of(app.caller(), 'reader'))))
      and (beyond is null or f.id < beyond) and (wanted is null or f.id = wanted)
    order by f.id desc limit most
$$;
grant execute on function app.funds_seen(int, uuid, uuid) to authenticated;
