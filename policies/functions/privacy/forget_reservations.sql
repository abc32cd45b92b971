-- Detach reservations whose retention period is over from their people, and move final payments to the books; return
-- how many rows were handled.
-- Called by the worker's hourly job prune, until it returns 0.
-- Old reservations then refer to one account that never was a person. Payments of those reservations, and of erased
-- accounts once they are final, move to the books.
-- Reservations are handled in the order of their ids, which is that of time; those before the last one that was
-- detached are done.
-- Definer, because it writes everybody's reservations; only the worker may execute it.
-- Locks: the payments (book_payments), then the rows of the reservations.
create or replace function app.forget_reservations(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    nobody constant uuid := '00000000-0000-0000-0000-000000000000';
    old    uuid[];
    booked int;
begin
    booked := app.book_payments(array(
        select p.id from app.accounts a join app.reservations r on r.account_id = a.id
        join app.payments p on p.reservation_id = r.id
        where a.erased_at > app.clock() - interval '180 days'
          and (p.status in ('succeeded', 'refunded') and r.status not in ('held', 'confirmed', 'given')
               or p.status in ('succeeded', 'refunded') and r.status = 'given' and exists (
                   select from app.suspended_lots s where s.id = r.id and s.settled_at is not null)
               or p.status = 'cancelled' and p.looked_at < app.clock() - interval '1 hour')
        limit most));
    old := array(
        select r.id from app.reservations r
        where r.id > coalesce((select f.id from app.reservations f where f.account_id = nobody order by f.id desc limit 1), nobody)
          and r.id < app.first_id_at(app.clock() - app.kept_for('reservations'))
          and r.status not in ('held', 'confirmed')
        order by r.id limit most);
    if old <> '{}' then
        insert into app.accounts (id, role, display_name, status, erased_at, created_at)
        values (nobody, 'customer', '-', 'erased', app.clock(), date_trunc('year', app.clock()))
        on conflict (id) do nothing;
        perform app.book_payments(array(select p.id from app.payments p where p.reservation_id = any (old)));
        delete from app.passes p where p.reservation_id = any (old);
        update app.impact_entries e set account_id = nobody where e.reservation_id = any (old);
        update app.reservations r set account_id = nobody where r.id = any (old);
    end if;
    return booked + cardinality(old);
end $$;
grant execute on function app.forget_reservations(int) to ecopanier_worker;
