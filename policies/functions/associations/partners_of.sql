-- The associations that have, or had, an agreement with shops of an account, for policies. Definer, because policies of
-- other tables ask it while agreements have policies of their own; ids only, and only one's own.
create or replace function app.partners_of(account uuid) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select g.association_id from app.agreements g join app.shops s on s.id = g.shop_id
                 where s.owner_id = account and account = app.caller() and g.status not in ('coming', 'going');
end $$;
grant execute on function app.partners_of(uuid) to authenticated;
