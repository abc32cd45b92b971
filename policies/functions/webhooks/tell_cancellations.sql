-- Tell webhooks of up to `most` cancelled reservations whose half hour has come; return how many were looked at.
-- Called by the worker every 5 seconds. A hold that lapsed may still be confirmed, if Stripe says that it was paid in time:
-- until its payment is over nothing is told, and nothing at all if it was confirmed. Only a hold could come back.
-- Definer, because nobody may write deliveries; only the worker may execute it. Locks: the rows that wait (skip locked).
create or replace function app.tell_cancellations(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    told   record;
    looked int := 0;
begin
    for told in
        select c.* from app.cancellations_to_tell c where c.at <= app.clock()
        order by c.at, c.reservation_id limit most for update skip locked
    loop
        looked := looked + 1;
        if exists (
            select from app.reservations r join app.payments p on p.reservation_id = r.id
            where r.id = told.reservation_id and r.status = 'expired' and p.status in ('intended', 'pending', 'cancel_due')
        ) then
            update app.cancellations_to_tell c
            set at = app.cancellation_told_at(app.clock(), 'infinity') where c.reservation_id = told.reservation_id;
            continue;
        end if;
        delete from app.cancellations_to_tell c where c.reservation_id = told.reservation_id;
        if exists (select from app.reservations r
                   where r.id = told.reservation_id and r.status in ('cancelled', 'expired')) then
            perform app.tell_webhooks('shop', told.shop_id, 'reservation.cancelled.v1',
                                      '/v1/reservations/' || told.reservation_id, told.at);
        end if;
    end loop;
    return looked;
end $$;
grant execute on function app.tell_cancellations(int) to ecopanier_worker;
