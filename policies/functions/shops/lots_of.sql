-- The lots of an account's shops, for policies. Definer, ids only, and only one's own.
create or replace function app.lots_of(account uuid) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select l.id from app.lots l join app.shops s on s.id = l.shop_id
                 where s.owner_id = account and account = app.caller();
end $$;
grant execute on function app.lots_of(uuid) to anon, authenticated;
