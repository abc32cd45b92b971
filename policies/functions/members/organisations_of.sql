-- Return the ids of the organisations where the caller is a member with at least this role (`reader`, `staff` or
-- `owner`); nothing for any other account. Closed ones are left out.
-- Called by acts that look who works where, as shops_of. Definer, because members has policies of its own. It returns ids
-- only.
create or replace function app.organisations_of(account uuid, at_least text) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select m.organisation_id from app.members m
                 join app.organisations o on o.id = m.organisation_id and o.status = 'active'
                 where m.account_id = account and account = app.caller()
                   and m.role = any (case at_least when 'owner' then '{owner}'::text[] when 'staff' then '{owner,staff}'
                                                else '{owner,staff,reader}' end);
end $$;
grant execute on function app.organisations_of(uuid, text) to anon, authenticated;
