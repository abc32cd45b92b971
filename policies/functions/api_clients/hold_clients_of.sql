-- Lock the owner of API clients, one of the three ids, whose clients are about to change; raise EP404 unless the caller
-- keeps them and it is open, EP403 if an organisation's owner has not passed the second factor.
-- Called by add_api_client and hold_api_client. Only the owner may execute it.
-- The role is looked up again under the lock: who was removed meanwhile keeps no clients any more.
-- Locks: the association, the shop or the organisation (no key update).
create or replace function app.hold_clients_of(organisation uuid, shop uuid, association uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if app.keeps_clients_of(organisation, shop, association) then
        perform from app.associations a where a.id = association and a.status <> 'closed' for no key update;
        perform from app.shops s where s.id = shop and s.status <> 'closed' for no key update;
        perform from app.organisations o where o.id = organisation and o.status = 'active' for no key update;
        if app.keeps_clients_of(organisation, shop, association)
           and exists (select from app.associations a where a.id = association and a.status <> 'closed'
                       union all select from app.shops s where s.id = shop and s.status <> 'closed'
                       union all select from app.organisations o where o.id = organisation and o.status = 'active') then
            if organisation is not null and app.caller_role() is distinct from 'admin' then
                perform app.require_factor();
            end if;
            return;
        end if;
    end if;
    raise exception using errcode = 'EP404',
        message = case when shop is not null then 'shop.not_found' when organisation is not null then 'organisation.not_found'
                       else 'association.not_found' end;
end $$;
