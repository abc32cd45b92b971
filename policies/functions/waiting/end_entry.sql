-- End an entry of a waiting list. Portions that were set aside for it go back to the lot, and so on to the next
-- person.
-- Called by leave_waiting, lapse_offers and erase_account, which hold the lot's lock. Only the owner may execute it.
-- Locks: the entry.
create or replace function app.end_entry(waiting uuid, new_status text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    was app.waiting;
begin
    select * into was from app.waiting w where w.id = waiting for update;
    update app.waiting w set status = new_status, ended_at = app.clock() where w.id = waiting;
    if was.status = 'offered' then
        update app.lot_stock s set remaining = s.remaining + was.offered where s.lot_id = was.lot_id;
    end if;
end $$;
