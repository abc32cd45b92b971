-- Lock the stock of a lot of the caller's shops before the lot is edited, so that the edit locks as every act does.
-- Called by PATCH /v1/lots/{lot_id}. Any other lot is left alone; the edit then finds none.
-- Definer, because nobody may lock stock. Locks: the lot's stock (policies/LOCKS.md).
create or replace function app.hold_lot(lot uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform from app.lot_stock s join app.lots l on l.id = s.lot_id
    where s.lot_id = lot and l.suspended_from is null
      and l.shop_id = any (array(select app.shops_of(app.caller(), 'staff')))
    for update of s;
end $$;
grant execute on function app.hold_lot(uuid) to authenticated;
