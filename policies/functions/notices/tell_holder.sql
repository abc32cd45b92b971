-- Tell the holder of a reservation of an event: confirmed, a reminder, cancelled, withdrawn, refunded, pass handed.
-- Called by acts in the transaction of the fact, and by tell_queued. Nothing in it depends on the kind of the lot.
-- Definer, because it reads everybody's reservations; only the owner may execute it.
create or replace function app.tell_holder(reservation uuid, event text, once text default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.notify(r.account_id, event,
                       jsonb_build_object('lot', app.lot_told(r.lot_id), 'portions', r.quantity),
                       coalesce(once, r.id::text), null, r.id)
    from app.reservations r where r.id = reservation;
end $$;
