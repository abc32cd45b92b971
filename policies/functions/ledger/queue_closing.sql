-- Trigger: let a lot that is over be closed, in the first night after the time for reporting problems.
-- Fires when a lot ends, is withdrawn or recalled (policies/tables/lots.sql). Locks: the queued lot.
create or replace function app.queue_closing() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into app.lots_to_close (lot_id, due_at)
    select new.id, app.next_night(s.time_zone, app.closes_after(new.pickup_end)) from app.shops s where s.id = new.shop_id
    on conflict (lot_id) do nothing;
    return null;
end $$;
