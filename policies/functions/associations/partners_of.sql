-- Return the ids of the associations that have, or had, an agreement with shops of an account.
-- Called by the policy of app.associations that shows merchants their partners.
-- Definer, because that policy would otherwise depend on the policies of agreements and shops. It returns ids only,
-- and only for the caller.
create or replace function app.partners_of(account uuid) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select g.association_id from app.agreements g
                 where g.shop_id = any (array(select app.shops_of(account, 'owner'))) and g.status not in ('coming', 'going');
end $$;
grant execute on function app.partners_of(uuid) to authenticated;
