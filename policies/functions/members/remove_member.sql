-- Remove a member of a shop, an association or an organisation, or withdraw an open invitation. From the next
-- request on, the person may do nothing there.
-- Called by DELETE /v1/shops/{shop_id}/members/{member_id}, DELETE /v1/associations/me/members/{member_id} and
-- DELETE /v1/organisations/{organisation_id}/members/{member_id}, with one of the three ids: as an
-- owner, or as the member, who leaves. The last owner cannot leave.
-- Definer, because nobody may write members. Only an owner gets through, and whoever leaves.
-- Locks: the shop, the association or the organisation, the member, then those of part_with_owner.
create or replace function app.remove_member(shop uuid, association uuid, member uuid, organisation uuid default null)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    me      uuid := app.caller();
    leaving boolean := exists (select from app.members m where m.id = member and m.account_id = me);
    removed app.members;
begin
    perform app.lock_workplace(shop, association, case when leaving then 'reader' else 'owner' end, organisation);
    select * into removed from app.members m
    where m.id = member and (m.shop_id = shop or m.association_id = association or m.organisation_id = organisation)
    for update;
    if not found then raise exception 'member.not_found' using errcode = 'EP404'; end if;
    if removed.role = 'owner' and removed.account_id is not null then
        perform app.part_with_owner(shop, association, removed.account_id, organisation);
    end if;
    delete from app.members m where m.id = member;
    -- Answers kept for repeated requests may hold what the person may not read any more.
    delete from app.idempotency_keys i where i.scope = removed.account_id and i.status is not null and i.reservation_id is null;
    perform app.note_member(
        case when removed.account_id is null then 'member.invitation_withdrawn' when leaving then 'member.left'
             else 'member.removed' end,
        removed, removed.account_id);
end $$;
grant execute on function app.remove_member(uuid, uuid, uuid, uuid) to authenticated;
