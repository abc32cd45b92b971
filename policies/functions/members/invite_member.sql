-- Invite an e-mail address to work for a shop, an association or an organisation, queue the mail, and return the invitation's id.
-- Called by POST /v1/shops/{shop_id}/members, POST /v1/associations/me/members and
-- POST /v1/organisations/{organisation_id}/members, as its owner, with one of the three ids; for an organisation also as an
-- admin, who alone may invite an owner. create_organisation invites the first one.
-- An invitation that is still open for the address is replaced: its link stops working. The link's token and the address
-- are sealed together, so that the worker can mail them; what is looked up are a keyed hash and a hash.
-- Definer, because nobody may write members. Only an owner gets through, or an admin to an organisation, and only
-- where an admin has verified the shop or the association, because the mail shows its name to an address that never asked
-- for it. Organisations are made by admins.
-- Locks: the shop, the association or the organisation, then the invitation.
create or replace function app.invite_member(
    shop uuid, association uuid, address text, address_lookup bytea, wanted_role text, sealed_invitation bytea,
    new_token_hash bytea, organisation uuid default null) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment  timestamptz := app.clock();
    invited uuid;
begin
    if organisation is not null and app.caller_role() = 'admin' then
        perform from app.organisations o where o.id = organisation and o.status = 'active' for no key update;
        if not found then raise exception 'organisation.not_found' using errcode = 'EP404'; end if;
    else
        perform app.lock_workplace(shop, association, 'owner', organisation);
        if wanted_role = 'owner' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    end if;
    if not exists (select from app.shops s where s.id = shop and s.status = 'verified'
                   union all select from app.associations s where s.id = association and s.status = 'verified'
                   union all select from app.organisations o where o.id = organisation and o.status = 'active') then
        raise exception 'invitation.workplace_unverified' using errcode = 'EP409';
    end if;
    if exists (select from app.members m join app.accounts a on a.id = m.account_id
               left join app.sealed_addresses x on x.account_id = a.id
               where (m.shop_id = shop or m.association_id = association or m.organisation_id = organisation)
                 and (lower(a.email) = lower(address) or x.lookup = address_lookup)) then
        raise exception 'member.already' using errcode = 'EP409';
    end if;

    update app.members m
    set role = wanted_role, sealed = sealed_invitation, token_hash = new_token_hash, ends_at = moment + interval '7 days',
        invited_by = app.caller(), created_at = moment
    where (m.shop_id = shop or m.association_id = association or m.organisation_id = organisation) and m.lookup = address_lookup
    returning m.id into invited;
    if not found then
        insert into app.members (shop_id, association_id, organisation_id, role, lookup, sealed, token_hash, ends_at,
                                 invited_by, created_at)
        values (shop, association, organisation, wanted_role, address_lookup, sealed_invitation, new_token_hash,
                moment + interval '7 days', app.caller(), moment)
        returning id into invited;
    end if;
    perform app.note('member.invited',
                     case when shop is not null then 'shop' when association is not null then 'association'
                          else 'organisation' end,
                     coalesce(shop, association, organisation), jsonb_build_object('member', invited, 'role', wanted_role));
    perform app.queue_mail('invitation', invited);
    return invited;
end $$;
grant execute on function app.invite_member(uuid, uuid, text, bytea, text, bytea, bytea, uuid) to authenticated;
