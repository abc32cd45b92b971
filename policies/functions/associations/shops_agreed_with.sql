-- The shops with which an association has, or had, an agreement, for policies. Definer, ids only, and only one's own.
create or replace function app.shops_agreed_with(account uuid) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select g.shop_id from app.agreements g
                 where g.association_id = account and account = app.caller() and g.status not in ('coming', 'going');
end $$;
grant execute on function app.shops_agreed_with(uuid) to authenticated;
