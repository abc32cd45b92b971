-- Trigger: make the cards of a shop's lots anew, because they show the shop.
-- Fires after an update of what the cards show of a shop (policies/tables/shops.sql).
-- Definer, because nobody may write cards.
-- Locks, under the shop's lock: the cards in the order of their lots, and only then reads the lots, in a new statement
-- (see keep_card). A lot that is being published waits for the shop.
create or replace function app.keep_cards_of_shop() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
begin
    perform from app.lot_cards c
    where c.lot_id in (select l.id from app.lots l where l.shop_id = new.id and l.status = 'published')
    order by c.lot_id for update;
    update app.lot_cards c
    set facts = app.lot_facts(l, s)
    from app.lots l join app.shops s on s.id = l.shop_id
    where c.lot_id = l.id and l.shop_id = new.id and l.status = 'published' and l.kind = 'discounted';
    return null;
end $$;
