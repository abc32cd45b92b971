-- Leave a waiting list, as the holder of the entry. Portions that were kept go to the next person.
-- Called by POST /v1/waiting/{waiting_id}/leave. Leaving twice answers the same.
-- Definer, because the stock belongs to the shop: only the caller's own entry. Locks: the lot, the entry
-- (policies/LOCKS.md).
create or replace function app.leave_waiting(waiting uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    w app.waiting;
begin
    select * into w from app.waiting x where x.id = waiting and x.account_id = app.caller();
    if not found then raise exception 'waiting.not_found' using errcode = 'EP404'; end if;
    perform from app.lot_stock s where s.lot_id = w.lot_id for update;
    select * into w from app.waiting x where x.id = waiting for update;
    if w.status = 'left' then return; end if;
    if w.status not in ('waiting', 'offered') then raise exception 'waiting.over' using errcode = 'EP409'; end if;
    perform app.end_entry(waiting, 'left');
end $$;
grant execute on function app.leave_waiting(uuid) to authenticated;
