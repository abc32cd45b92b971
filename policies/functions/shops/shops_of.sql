-- Return the ids of the caller's shops; nothing for any other account.
-- Called by policies, and by acts that look whose shop it is. `shop_id = any (array(select app.shops_of(…)))` uses the
-- index.
-- Definer, because policies of other tables ask it while shops has policies of its own. It returns ids only.
create or replace function app.shops_of(account uuid) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select s.id from app.shops s where s.owner_id = account and account = app.caller();
end $$;
grant execute on function app.shops_of(uuid) to anon, authenticated;
