-- Tell the holder of a reservation not to eat recalled food, at every address that we have; once a recall.
-- Called by end_recalled_lot and tell_queued. Definer, because it reads everybody's reservations; only the owner may
-- execute it.
create or replace function app.tell_of_recall(recall uuid, reservation uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.notify(r.account_id, 'lot_recalled',
                       app.recall_told(recall) || jsonb_build_object('lot', app.lot_told(r.lot_id)),
                       recall || ' ' || r.id, null, r.id)
    from app.reservations r where r.id = reservation and app.recall_told(recall) is not null;
end $$;
