-- Trigger: keep the keys that find a verified shop by its name.
-- Fires after an insert of a shop, and after an update of its name, commune or status (policies/tables/shops.sql).
-- Definer, because nobody may write keys.
-- Locks, under the shop's lock: its keys.
create or replace function app.name_shop() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from app.shop_names n where n.shop_id = new.id;
    if new.status = 'verified' then
        insert into app.shop_names (shop_id, rank, key, insee_code)
        select new.id, min(k.rank), k.key, new.insee_code from app.name_keys(new.name) k group by k.key;
    end if;
    return null;
end $$;
