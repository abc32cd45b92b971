-- Each edit of a shop is a new version; its lots move with it, because search asks where the lot is.
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
