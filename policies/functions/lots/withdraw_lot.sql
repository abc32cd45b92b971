-- Withdraw a lot: nobody can reserve it any more, and every holder gets portions, quota and money back and is told.
-- Called by POST /v1/lots/{lot_id}/withdraw, as an owner or staff of its shop. Withdrawing twice
-- changes nothing.
-- Definer, because it writes reservations and payments of others: only those of the caller's own lot.
-- Locks: those of end_lot_of_shop.
create or replace function app.withdraw_lot(lot uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform from app.lots l
    where l.id = lot and l.suspended_from is null and l.shop_id = any (array(select app.shops_of(app.caller(), 'staff')));
    if not found then raise exception 'lot.not_found' using errcode = 'EP404'; end if;
    if app.end_lot_of_shop(lot) then perform app.note('lot.withdrawn', 'lot', lot); end if;
end $$;
grant execute on function app.withdraw_lot(uuid) to authenticated;
