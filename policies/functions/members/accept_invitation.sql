-- Accept an invitation with the token of its mail, and return the member's id.
-- Called by POST /v1/invitations/{token}/accept, as anybody but an admin. `address` is the caller's own, and
-- `address_lookup` its keyed hash, which only the API can make: it must be the invited one, and confirmed.
-- Definer, because nobody may write members. It lets in the caller alone, with the role that the invitation names.
-- Locks: the shop, the association or the organisation (no key update), then the invitation, so that it is used once.
create or replace function app.accept_invitation(held bytea, address text, address_lookup bytea) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    me      uuid := app.caller();
    invited app.members;
begin
    if me is null then raise exception 'access.unauthenticated' using errcode = 'EP401'; end if;
    if app.caller_role() = 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    select * into invited from app.members m where m.token_hash = held;
    perform from app.shops s where s.id = invited.shop_id for no key update;
    perform from app.associations s where s.id = invited.association_id for no key update;
    perform from app.organisations s where s.id = invited.organisation_id for no key update;
    select * into invited from app.members m
    where m.token_hash = held and m.account_id is null and m.ends_at > app.clock() for update;
    if not found
       or not exists (select from app.shops s where s.id = invited.shop_id and s.status <> 'closed'
                      union all
                      select from app.associations s where s.id = invited.association_id and s.status <> 'closed'
                      union all
                      select from app.organisations s where s.id = invited.organisation_id and s.status = 'active') then
        raise exception 'invitation.not_found' using errcode = 'EP404';
    end if;
    if address_lookup is distinct from invited.lookup
       or not exists (select from app.accounts a
                      where a.id = me and lower(a.email) = lower(address) and a.email_verified_at is not null
                      union all
                      select from app.sealed_addresses x
                      where x.account_id = me and x.lookup = address_lookup and x.verified_at is not null) then
        raise exception 'invitation.other_address' using errcode = 'EP403';
    end if;
    if exists (select from app.members m
               where m.account_id = me and (m.shop_id = invited.shop_id or m.association_id = invited.association_id
                                        or m.organisation_id = invited.organisation_id)) then
        raise exception 'member.already' using errcode = 'EP409';
    end if;
    update app.members m
    set account_id = me, joined_at = app.clock(), lookup = null, sealed = null, token_hash = null, ends_at = null
    where m.id = invited.id;
    perform app.note_member('member.joined', invited, me);
    return invited.id;
end $$;
grant execute on function app.accept_invitation(bytea, text, bytea) to authenticated;
