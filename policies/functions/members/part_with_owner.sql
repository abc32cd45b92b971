-- Prepare a shop, an association or an organisation for an owner who leaves or gets another role; raise EP409 if nobody else owns it.
-- Called by change_member and remove_member, under the lock of the place. Only the owner may execute it.
-- `owner_id` says who answers for a shop or an association: whose suspension suspends it, who is written to, and whose
-- erasure closes it. It is always one of its owners. An organisation has no such column.
-- Locks: those of other_owner.
create or replace function app.part_with_owner(shop uuid, association uuid, leaving uuid, organisation uuid default null)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    staying uuid := app.other_owner(shop, association, leaving, organisation);
begin
    if staying is null then raise exception 'member.last_owner' using errcode = 'EP409'; end if;
    update app.shops s set owner_id = staying where s.id = shop and s.owner_id = leaving;
    update app.associations s set owner_id = staying where s.id = association and s.owner_id = leaving;
end $$;
