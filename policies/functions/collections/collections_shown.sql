-- Return up to `most` collections that the caller may see, newest first, as a JSON list: those before `beyond`, of a status,
-- a shop, or an association that receives or gives; null: any.
-- Called by GET /v1/collections.
-- Definer, because names are read past row-level security. Only what the caller takes part in, and all for admins.
create or replace function app.collections_shown(
    wanted_status text, wanted_shop uuid, wanted_association uuid, beyond uuid, most int) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    all_ boolean := coalesce(app.caller_role() = 'admin', false);
    seen uuid[] := case when app.caller_role() is distinct from 'admin'
                        then array(select app.collections_seen_by(app.caller())) end;
begin
    return (
        select coalesce(jsonb_agg(app.collection_json(c) order by c.id desc), '[]')
        from (select x.* from app.collections x
              where (all_ or x.id = any (seen)) and (beyond is null or x.id < beyond)
                and (wanted_status is null or x.status = wanted_status)
                and (wanted_shop is null or x.shop_id = wanted_shop)
                and (wanted_association is null or wanted_association in (x.association_id, x.giver_id))
              order by x.id desc limit most) c);
end $$;
grant execute on function app.collections_shown(text, uuid, uuid, uuid, int) to authenticated;
