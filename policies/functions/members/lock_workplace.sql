-- Lock a shop or an association whose members are about to change; raise EP404 unless the caller is a member of it with
-- at least this role.
-- Called by the acts that change members, with one of the two ids. Only the owner may execute it.
-- The role is looked up again under the lock: of two owners who remove each other the second is no owner any more.
-- Locks: the shop or the association (no key update).
create or replace function app.lock_workplace(shop uuid, association uuid, at_least text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if shop is not null and shop = any (array(select app.shops_of(app.caller(), at_least))) then
        perform from app.shops s where s.id = shop for no key update;
        if shop = any (array(select app.shops_of(app.caller(), at_least))) then return; end if;
    elsif association is not null and association = any (array(select app.associations_of(app.caller(), at_least))) then
        perform from app.associations s where s.id = association for no key update;
        if association = any (array(select app.associations_of(app.caller(), at_least))) then return; end if;
    end if;
    raise exception using errcode = 'EP404',
        message = case when shop is null then 'association.not_found' else 'shop.not_found' end;
end $$;
