-- Return the ids of the shops that have, or had, an agreement with associations that an account owns.
-- Called by the policy of app.shops that shows associations their partners.
-- Definer, because that policy would otherwise depend on the policies of agreements. It returns ids only, and only for
-- the caller.
create or replace function app.shops_agreed_with(account uuid) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select g.shop_id from app.agreements g
                 where g.association_id = any (array(select app.associations_of(account, 'owner'))) and g.status not in ('coming', 'going');
end $$;
grant execute on function app.shops_agreed_with(uuid) to authenticated;
