-- Change the role of a member, or of an open invitation, of a shop, an association or an organisation.
-- Called by PATCH /v1/shops/{shop_id}/members/{member_id}, PATCH /v1/associations/me/members/{member_id} and
-- PATCH /v1/organisations/{organisation_id}/members/{member_id}, as an owner, with one of the three ids. A new owner and
-- whoever made them one are told. An owner hands a place over by making another member an owner and leaving. The last
-- owner stays one.
-- Definer, because nobody may write members. Only an owner gets through.
-- Locks: the shop, the association or the organisation, the member, then those of part_with_owner and notify.
create or replace function app.change_member(
    shop uuid, association uuid, member uuid, wanted_role text, organisation uuid default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    changed app.members;
    place   text;
begin
    perform app.lock_workplace(shop, association, 'owner', organisation);
    select * into changed from app.members m
    where m.id = member and (m.shop_id = shop or m.association_id = association or m.organisation_id = organisation)
    for update;
    if not found then raise exception 'member.not_found' using errcode = 'EP404'; end if;
    if changed.role = wanted_role then return; end if;
    if wanted_role = 'owner' and changed.account_id is null then
        raise exception 'member.not_joined' using errcode = 'EP409';
    end if;
    if changed.role = 'owner' and changed.account_id is not null then
        perform app.part_with_owner(shop, association, changed.account_id, organisation);
    end if;
    update app.members m set role = wanted_role where m.id = member returning * into changed;
    perform app.note_member('member.role_changed', changed, changed.account_id);
    if wanted_role <> 'owner' then return; end if;
    -- Who made somebody an owner is told too: if it was not them, they hear of it.
    select coalesce((select s.name from app.shops s where s.id = shop),
                    (select a.name from app.associations a where a.id = association),
                    (select o.name from app.organisations o where o.id = organisation)) into place;
    perform app.notify(changed.account_id, 'new_owner', jsonb_build_object('place', place, 'yours', true));
    perform app.notify(app.caller(), 'new_owner', jsonb_build_object('place', place, 'yours', false));
end $$;
grant execute on function app.change_member(uuid, uuid, uuid, text, uuid) to authenticated;
