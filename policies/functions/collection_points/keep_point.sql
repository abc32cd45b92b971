-- Keep the collection point of a shop or an association equal to it. A closed one's point is closed, and nobody is named
-- there any more.
-- Called by the triggers keep_point_of_shop and keep_point_of_association, with the columns that follow the house. Definer,
-- because nobody may write points; only the owner may execute it.
-- Locks: the point, under the lock of the shop or association, so that two never add it.
create or replace function app.keep_point(wanted app.collection_points) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from app.collection_points p
                   where p.shop_id = wanted.shop_id or p.association_id = wanted.association_id and p.kind = 'association') then
        insert into app.collection_points
            (kind, shop_id, association_id, name, address, insee_code, latitude, longitude, opening_hours, shown, closed_at)
        values (wanted.kind, wanted.shop_id, wanted.association_id, wanted.name, wanted.address, wanted.insee_code,
                wanted.latitude, wanted.longitude, wanted.opening_hours, wanted.shown, wanted.closed_at);
        return;
    end if;
    update app.collection_points p
    set name = wanted.name, address = wanted.address, insee_code = wanted.insee_code, latitude = wanted.latitude,
        longitude = wanted.longitude, opening_hours = wanted.opening_hours, shown = wanted.shown,
        closed_at = case when wanted.closed_at is not null then coalesce(p.closed_at, wanted.closed_at) end,
        access = case when wanted.closed_at is not null then '' else p.access end,
        contacts = case when wanted.closed_at is not null then '[]' else p.contacts end,
        version = p.version + 1
    where (p.shop_id = wanted.shop_id or p.association_id = wanted.association_id and p.kind = 'association')
      and (p.name, p.address, p.insee_code, p.latitude, p.longitude, p.opening_hours, p.shown, p.closed_at is null)
          is distinct from (wanted.name, wanted.address, wanted.insee_code, wanted.latitude, wanted.longitude,
                            wanted.opening_hours, wanted.shown, wanted.closed_at is null);
end $$;
