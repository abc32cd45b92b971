-- Lock a shop, an association or an organisation whose members are about to change; raise EP404 unless the caller is a member of it with
-- at least this role.
-- Called by the acts that change members, with one of the three ids. Only the owner may execute it.
-- The role is looked up again under the lock: of two owners who remove each other the second is no owner any more.
-- Locks: the shop, the association or the organisation (no key update).
create or replace function app.lock_workplace(
    shop uuid, association uuid, at_least text, organisation uuid default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if shop is not null and shop = any (array(select app.shops_of(app.caller(), at_least))) then
        perform from app.shops s where s.id = shop for no key update;
        if shop = any (array(select app.shops_of(app.caller(), at_least))) then return; end if;
    elsif association is not null and association = any (array(select app.associations_of(app.caller(), at_least))) then
        perform from app.associations s where s.id = association for no key update;
        if association = any (array(select app.associations_of(app.caller(), at_least))) then return; end if;
    elsif organisation is not null and organisation = any (array(select app.organisations_of(app.caller(), at_least))) then
        perform from app.organisations s where s.id = organisation for no key update;
        if organisation = any (array(select app.organisations_of(app.caller(), at_least))) then return; end if;
    end if;
    raise exception using errcode = 'EP404',
        message = case when shop is not null then 'shop.not_found' when organisation is not null then 'organisation.not_found'
                       else 'association.not_found' end;
end $$;
