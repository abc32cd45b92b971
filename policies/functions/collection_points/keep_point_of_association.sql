-- Trigger: keep the collection point of an association equal to it.
-- Fires after each insert or change of an association (policies/tables/collection_points.sql). Definer, because nobody may
-- write points. One that is not public is on no map. A closed association's point is closed, and nobody is named there any
-- more.
-- Locks: the point, under the lock of the association.
create or replace function app.keep_point_of_association() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into app.collection_points as p
        (kind, association_id, name, address, insee_code, latitude, longitude, opening_hours, shown, closed_at)
    values ('association', new.id, new.name, coalesce(new.address, ''), new.insee_code, new.latitude, new.longitude,
            new.opening_hours, new.is_public and new.status = 'verified',
            case when new.status = 'closed' then app.clock() end)
    on conflict (association_id) where kind = 'association' do update
    set name = excluded.name, address = excluded.address, insee_code = excluded.insee_code, latitude = excluded.latitude,
        longitude = excluded.longitude, opening_hours = excluded.opening_hours, shown = excluded.shown,
        closed_at = case when new.status = 'closed' then coalesce(p.closed_at, excluded.closed_at) end,
        access = case when new.status = 'closed' then '' else p.access end,
        contacts = case when new.status = 'closed' then '[]' else p.contacts end,
        version = p.version + 1
    where (p.name, p.address, p.insee_code, p.latitude, p.longitude, p.opening_hours, p.shown, p.closed_at is null)
        is distinct from (excluded.name, excluded.address, excluded.insee_code, excluded.latitude, excluded.longitude,
                          excluded.opening_hours, excluded.shown, excluded.closed_at is null);
    return null;
end $$;
