-- Withdraw anybody's lot as an admin: holders get portions, quota and money back and are told, and so is the merchant.
-- Called by POST /v1/admin/lots/{lot_id}/withdraw. A draft is not found, as an admin sees none. Doing it twice changes
-- nothing.
-- Definer, because it writes a lot, reservations and payments of others. Only an admin gets through.
-- Locks: those of end_lot_of_shop.
create or replace function app.take_down_lot(lot uuid, why text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    decided uuid;
begin
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    perform from app.lots l where l.id = lot and l.suspended_from is null and l.status <> 'draft';
    if not found then raise exception 'lot.not_found' using errcode = 'EP404'; end if;
    if not app.end_lot_of_shop(lot) then return; end if;
    insert into app.decisions (subject, subject_id, decision, reason, decided_by, decided_at)
    values ('lot', lot, 'withdrawn', why, app.caller(), app.clock()) returning id into decided;
    perform app.tell_decision(decided);
end $$;
grant execute on function app.take_down_lot(uuid, text) to authenticated;
