-- Trigger: make who registers a shop its first owner, and tell the admins that it waits for them.
-- Fires after each insert into app.shops (policies/tables/shops.sql). Definer, because nobody may write members.
create or replace function app.own_shop() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into app.members (shop_id, account_id, role, joined_at) values (new.id, new.owner_id, 'owner', app.clock());
    perform app.tell_admins('shop', new.id, new.name);
    return null;
end $$;
