-- Trigger: keep the keys that find a public association by its name. One that is not public has none.
-- Fires after an insert of an association, and after an update of its name, commune, status or choice
-- (policies/tables/associations.sql).
-- Definer, because nobody may write keys.
-- Locks, under the association's lock: its keys.
create or replace function app.name_association() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from app.association_names n where n.association_id = new.id;
    if new.status = 'verified' and new.is_public then
        insert into app.association_names (association_id, rank, key, insee_code)
        select new.id, min(k.rank), k.key, new.insee_code from app.name_keys(new.name) k group by k.key;
    end if;
    return null;
end $$;
