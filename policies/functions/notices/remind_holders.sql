-- Remind holders of lots whose pickup window opens within `reminder_minutes`, once a lot; return how many lots.
-- Called by the worker every 5 seconds. Whoever reserves later has just read the window. 0 minutes: no reminders.
-- Definer, because it reads everybody's reservations; only the worker may execute it.
-- Locks: the rows that it inserts.
create or replace function app.remind_holders(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := app.clock();
    lots   uuid[];
begin
    with due as (
        insert into app.reminded_lots (lot_id, reminded_at)
        select l.id, moment from app.lots l
        where l.status = 'published' and l.pickup_start > moment
          and l.pickup_start <= moment + make_interval(mins => app.setting_int('reminder_minutes'))
          and not exists (select from app.reminded_lots d where d.lot_id = l.id)
        order by l.pickup_start limit most
        on conflict do nothing
        returning lot_id)
    select coalesce(array_agg(d.lot_id), '{}') into lots from due d;

    perform app.tell_holder(r.id, 'pickup_reminder')
    from app.reservations r join app.lots l on l.id = r.lot_id
    where r.lot_id = any (lots) and r.purpose = 'collect' and r.status = 'confirmed'
      -- Whoever reserved within that time has just read the window.
      and r.confirmed_at < l.pickup_start - make_interval(mins => app.setting_int('reminder_minutes'))
    order by r.id;
    return cardinality(lots);
end $$;
grant execute on function app.remind_holders(int) to ecopanier_worker;
