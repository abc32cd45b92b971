-- Trigger: keep from what day a shop is in its commune and at its point, so that its former figures stay where they were.
-- Fires after a shop is made or moves (policies/tables/shops.sql). Locks: the row of its site of today.
-- Definer, because nobody may write these rows.
create or replace function app.keep_site() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into app.shop_sites as s (shop_id, since, insee_code, latitude, longitude)
    values (new.id, app.paris_day(app.clock()), new.insee_code, new.latitude, new.longitude)
    on conflict (shop_id, since) do update
    set insee_code = excluded.insee_code, latitude = excluded.latitude, longitude = excluded.longitude;
    return null;
end $$;
