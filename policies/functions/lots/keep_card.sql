-- Trigger: make the card of a published discounted lot anew.
-- Fires after an insert or update of what the card shows, whoever makes it (policies/tables/lots.sql); never when a portion
-- is taken.
-- Definer, because nobody may write cards.
-- Locks, under the lot's lock: the card. An edit of the shop makes the same card. Whoever comes second waits here, and
-- then reads in a new statement what the first has committed. A lot without a card has nothing to wait at, and an edit of
-- the shop does not find it: then we lock the shop (share), which whoever publishes has already locked (guard_lot).
create or replace function app.keep_card() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
begin
    perform from app.lot_cards c where c.lot_id = new.id for update;
    if not found then
        perform from app.shops s where s.id = new.shop_id for share;
    end if;
    insert into app.lot_cards (lot_id, facts)
    select l.id, app.lot_facts(l, s)
    from app.lots l join app.shops s on s.id = l.shop_id where l.id = new.id
    on conflict (lot_id) do update set facts = excluded.facts;
    return null;
end $$;
