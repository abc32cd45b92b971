-- Return the title, window and shop of the lot of an entry, and the entry's place in line; no place if a fair draw decides.
-- A draw does not concern whoever waits for a lot that became free and may not have it: to them the lot is sold out.
-- Called by queries of the waiting list. Definer, because the caller may no longer be allowed to see the lot, and
-- never sees the other entries. Only for the caller's own entries.
create or replace function app.what_is_waited_for(
    waiting uuid, out title text, out pickup_start timestamptz, out pickup_end timestamptz, out place int, out shop jsonb)
returns setof record
language plpgsql stable security definer set search_path = pg_catalog, pg_temp rows 1 as $$
declare
    sees_free boolean := app.caller_is_current_beneficiary();
begin
    return query
        select l.title, l.pickup_start, l.pickup_end,
               case when w.status = 'waiting' and (not l.fair_draw or l.converted_at is not null and not sees_free) then
                   (select count(*)::int from app.waiting o
                    where o.lot_id = w.lot_id and o.status = 'waiting' and o.ticket <= w.ticket) end,
               jsonb_build_object('id', s.id, 'name', s.name, 'address', s.address, 'latitude', s.latitude,
                                  'longitude', s.longitude, 'category', s.category, 'time_zone', s.time_zone)
        from app.waiting w join app.lots l on l.id = w.lot_id join app.shops s on s.id = l.shop_id
        where w.id = waiting and w.account_id = app.caller();
end $$;
grant execute on function app.what_is_waited_for(uuid) to authenticated;
