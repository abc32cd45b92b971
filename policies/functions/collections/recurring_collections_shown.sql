-- Return the recurring requests of a shop, oldest first, as a JSON list; or the one that is named.
-- Called by the routes of recurring requests, as a member of the shop. The days are those from today on.
-- Definer, because nobody may read them. Only members of the shop get through.
create or replace function app.recurring_collections_shown(shop uuid, series uuid) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    own uuid[] := array(select app.shops_of(app.caller(), 'reader'));
begin
    if series is null and shop <> all (own) then raise exception 'shop.not_found' using errcode = 'EP404'; end if;
    return (
        select coalesce(jsonb_agg(jsonb_build_object(
            'id', r.id, 'shop_id', r.shop_id, 'association_id', r.association_id, 'weekdays', r.weekdays,
            'opens', to_char(r.opens, 'HH24:MI'), 'closes', to_char(r.closes, 'HH24:MI'), 'items', r.items,
            'notes', r.notes, 'first_day', r.first_day, 'last_day', r.last_day, 'active', r.active,
            'last_problem', r.last_problem, 'version', r.version, 'days', (
                select coalesce(jsonb_agg(jsonb_build_object(
                    'day', d.day, 'skipped', d.skipped, 'opens', to_char(d.opens, 'HH24:MI'),
                    'closes', to_char(d.closes, 'HH24:MI')) order by d.day), '[]')
                from app.recurring_collection_days d
                where d.series_id = r.id and d.day >= app.local_day(app.clock(), s.time_zone))) order by r.id), '[]')
        from app.recurring_collections r join app.shops s on s.id = r.shop_id
        where r.shop_id = any (own) and (series is null or r.id = series) and (shop is null or r.shop_id = shop));
end $$;
grant execute on function app.recurring_collections_shown(uuid, uuid) to authenticated;
