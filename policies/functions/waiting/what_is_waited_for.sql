-- What an entry waits for, and how many of those who wait stand before it; no place where there is no line but a draw.
-- Definer, because the lot may be no longer theirs to see and the others never are: for the caller's own entries only.
create or replace function app.what_is_waited_for(
    waiting uuid, out title text, out pickup_start timestamptz, out pickup_end timestamptz, out place int)
returns setof record
language plpgsql stable security definer set search_path = pg_catalog, pg_temp rows 1 as $$
begin
    return query
        select l.title, l.pickup_start, l.pickup_end,
               case when w.status = 'waiting' and not l.fair_draw then
                   (select count(*)::int from app.waiting o
                    where o.lot_id = w.lot_id and o.status = 'waiting' and o.ticket <= w.ticket) end
        from app.waiting w join app.lots l on l.id = w.lot_id
        where w.id = waiting and w.account_id = app.caller();
end $$;
grant execute on function app.what_is_waited_for(uuid) to authenticated;
