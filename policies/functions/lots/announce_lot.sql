-- Trigger: note that a lot has come on offer, so that the worker tells whoever wants to know.
-- Fires after a lot was published, and after a published lot became free or discounted (policies/tables/lots.sql): by a
-- person, by a recurring listing, by convert_unsold, or beside a discounted lot as a gift. One row, whoever follows the
-- shop: publishing takes as long for ten thousand followers as for none.
-- Definer, because nobody may write what is to be announced.
create or replace function app.announce_lot() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into app.lots_to_announce (lot_id, free, at) values (new.id, new.kind = 'free', app.clock());
    return null;
end $$;
