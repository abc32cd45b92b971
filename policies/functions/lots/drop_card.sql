-- Trigger: delete the card of a lot that is not shown to everybody any more.
-- Fires after an update of a lot's status or kind, whoever makes it (policies/tables/lots.sql).
-- Definer, because nobody may write cards. Locks, under the lot's lock: the card.
create or replace function app.drop_card() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from app.lot_cards c where c.lot_id = new.id;
    return null;
end $$;
