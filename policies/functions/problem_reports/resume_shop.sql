-- Offer a shop's lots again that reports of a closed door had paused. Doing it once more changes nothing.
-- Called by POST /v1/shops/{shop_id}/resume, as an owner. Lots of a shop that is not verified stay paused until an admin
-- decides.
-- Definer, because nobody may write these columns. Only an owner of the shop gets through.
-- Locks: the shop (lock_workplace), then its lots in the order of ids (policies/LOCKS.md).
create or replace function app.resume_shop(shop uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    standing text;
begin
    perform app.lock_workplace(shop, null, 'owner');
    update app.shops s set paused_at = null, resumed_at = app.clock()
    where s.id = shop and s.paused_at is not null returning s.status into standing;
    if not found then return; end if;
    if standing = 'verified' then
        perform from app.lots l join app.lot_stock k on k.lot_id = l.id
        where l.shop_id = shop and l.status = 'paused' order by l.id for update of k, l;
        update app.lots l set status = 'published' where l.shop_id = shop and l.status = 'paused';
    end if;
    perform app.note('shop.resumed', 'shop', shop);
end $$;
grant execute on function app.resume_shop(uuid) to authenticated;
