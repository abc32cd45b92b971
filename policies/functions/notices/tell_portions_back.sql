-- Tell the owners of a shop that portions which were paid for can be reserved again.
-- Called by settle_payment, gift_refunded and tell_queued. It names no reservation, and is the same for suspended
-- portions. Definer, because it reads everybody's lots; only the owner may execute it.
create or replace function app.tell_portions_back(lot uuid, portions int, once text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.tell_shop(l.shop_id, 'portions_back',
                          jsonb_build_object('lot', app.lot_told(l.id), 'portions', portions), once)
    from app.lots l where l.id = lot;
end $$;
