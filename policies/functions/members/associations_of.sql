-- Return the ids of the associations where the caller is a member with at least this role (`reader`, `staff` or
-- `owner`); nothing for any other account.
-- Called by policies, and by acts that look who works where, as shops_of.
-- While the account that answers for an association is suspended, nobody works there.
-- Definer, because policies of other tables ask it while members has policies of its own. It returns ids only.
create or replace function app.associations_of(account uuid, at_least text) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select m.association_id from app.members m
                 join app.associations s on s.id = m.association_id
                 join app.accounts o on o.id = s.owner_id and o.status = 'active'
                 where m.account_id = account and account = app.caller()
                   and m.role = any (case at_least when 'owner' then '{owner}'::text[] when 'staff' then '{owner,staff}'
                                                else '{owner,staff,reader}' end);
end $$;
grant execute on function app.associations_of(uuid, text) to anon, authenticated;
