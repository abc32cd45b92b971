-- Trigger: give an edited shop a new version, and move its lots with it, because the search asks where the lot is.
-- Fires before an update of a shop's details (policies/tables/shops.sql), which PATCH /v1/shops/{shop_id} makes.
-- Definer, because nobody may write a lot's place.
-- Locks: if the shop moves, its lots in the order of ids.
create or replace function app.guard_shop() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    new.version := old.version + 1;
    if (new.latitude, new.longitude) is distinct from (old.latitude, old.longitude) then
        perform from app.lots l
        where l.shop_id = new.id and l.status in ('draft', 'published', 'paused') order by l.id for update;
        update app.lots l set place = app.mercator(new.latitude, new.longitude)
        where l.shop_id = new.id and l.status in ('draft', 'published', 'paused');
    end if;
    return new;
end $$;
