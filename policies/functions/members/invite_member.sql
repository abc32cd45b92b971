-- Invite an e-mail address to work for a shop or an association, queue the mail, and return the invitation's id.
-- Called by POST /v1/shops/{shop_id}/members and POST /v1/associations/me/members, as its owner, with one of the two ids.
-- An invitation that is still open for the address is replaced: its link stops working. The link's token and the address
-- are sealed together, so that the worker can mail them; what is looked up are a keyed hash and a hash.
-- Definer, because nobody may write members. Only an owner gets through, and only where an admin has verified the shop
-- or the association, because the mail shows its name to an address that never asked for it.
-- Locks: the shop or the association, then the invitation.
create or replace function app.invite_member(
    shop uuid, association uuid, address text, address_lookup bytea, wanted_role text, sealed_invitation bytea,
    new_token_hash bytea) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment  timestamptz := app.clock();
    invited uuid;
begin
    perform app.lock_workplace(shop, association, 'owner');
    if not exists (select from app.shops s where s.id = shop and s.status = 'verified'
                   union all select from app.associations s where s.id = association and s.status = 'verified') then
        raise exception 'invitation.workplace_unverified' using errcode = 'EP409';
    end if;
    if exists (select from app.members m join app.accounts a on a.id = m.account_id
               left join app.sealed_addresses x on x.account_id = a.id
               where (m.shop_id = shop or m.association_id = association)
                 and (lower(a.email) = lower(address) or x.lookup = address_lookup)) then
        raise exception 'member.already' using errcode = 'EP409';
    end if;

    update app.members m
    set role = wanted_role, sealed = sealed_invitation, token_hash = new_token_hash, ends_at = moment + interval '7 days',
        invited_by = app.caller(), created_at = moment
    where (m.shop_id = shop or m.association_id = association) and m.lookup = address_lookup
    returning m.id into invited;
    if not found then
        insert into app.members (shop_id, association_id, role, lookup, sealed, token_hash, ends_at, invited_by, created_at)
        values (shop, association, wanted_role, address_lookup, sealed_invitation, new_token_hash,
                moment + interval '7 days', app.caller(), moment)
        returning id into invited;
    end if;
    perform app.note('member.invited', case when shop is null then 'association' else 'shop' end,
                     coalesce(shop, association), jsonb_build_object('member', invited, 'role', wanted_role));
    perform app.queue_mail('invitation', invited);
    return invited;
end $$;
grant execute on function app.invite_member(uuid, uuid, text, bytea, text, bytea, bytea) to authenticated;
