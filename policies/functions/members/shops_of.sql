-- Return the ids of the shops where the caller is a member with at least this role (`reader`, `staff` or `owner`);
-- nothing for any other account.
-- Called by policies, and by acts that look who works where. `shop_id = any (array(select app.shops_of(…)))` uses the
-- index, and the members are read once a statement.
-- Definer, because policies of other tables ask it while members has policies of its own. It returns ids only.
create or replace function app.shops_of(account uuid, at_least text) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select m.shop_id from app.members m
                 where m.account_id = account and account = app.caller() and m.shop_id is not null
                   and m.role = any (case at_least when 'owner' then '{owner}'::text[] when 'staff' then '{owner,staff}'
                                                else '{owner,staff,reader}' end);
end $$;
grant execute on function app.shops_of(uuid, text) to anon, authenticated;
