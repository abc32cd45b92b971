-- Make missing and outdated cards of lots, and delete those that are not needed.
-- Called at the end of each migration, which has changed lots without their triggers, or what a card shows.
-- Only the owner may execute it. Locks: the migration keeps everybody else from writing lots and shops meanwhile.
create or replace function app.make_cards() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
begin
    delete from app.lot_cards c
    where not exists (select from app.lots l where l.id = c.lot_id and l.status = 'published' and l.kind = 'discounted');
    insert into app.lot_cards as c (lot_id, facts)
    select l.id, app.lot_facts(l, s)
    from app.lots l join app.shops s on s.id = l.shop_id where l.status = 'published' and l.kind = 'discounted'
    on conflict (lot_id) do update set facts = excluded.facts
    where c.facts <> excluded.facts;
end $$;
