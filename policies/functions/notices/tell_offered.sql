-- Tell somebody on a waiting list that portions are kept for them, and until when.
-- Called by hand_on and tell_queued. Definer, because it reads everybody's entries; only the owner may execute it.
create or replace function app.tell_offered(waiting uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.notify(w.account_id, 'portion_kept',
                       jsonb_build_object('lot', app.lot_told(w.lot_id), 'portions', w.offered, 'until', w.offer_until),
                       w.id || ' ' || w.offer_until, null, w.id)
    from app.waiting w where w.id = waiting and w.status = 'offered';
end $$;
