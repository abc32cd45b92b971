-- Invite another shop, to an address or with a link to hand over; return the invitation's id, until when its link works,
-- and how many more invitations the shop may make this week.
-- Called by POST /v1/shops/{shop_id}/shop-invitations, as owner or staff of the shop. A shop makes at most 20 in 7 days.
-- Nothing is looked up: whether the address belongs to an account, was invited within 30 days or wants no invitation is
-- the job's concern (mail_shop_invitation). So the answer and the work for it are the same for every address, and each
-- invitation counts.
-- Definer, because nobody may write invitations. Only a verified shop invites, because the mail shows its name to an address
-- that never asked for it.
-- Locks: the shop (no key update), so that invitations made at once are counted.
create or replace function app.invite_shop(
    shop uuid, address_lookup bytea, sealed_invitation bytea, new_token_hash bytea,
    out invitation uuid, out ends_at timestamptz, out left_this_week int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := app.clock();
    status text;
begin
    select s.status into status from app.shops s
    where s.id = shop and s.id = any (array(select app.shops_of(app.caller(), 'staff'))) for no key update;
    if not found then raise exception 'shop.not_found' using errcode = 'EP404'; end if;
    if status <> 'verified' then raise exception 'invitation.workplace_unverified' using errcode = 'EP409'; end if;
    left_this_week := 19 - (select count(*) from app.shop_invitations i
                            where i.shop_id = shop and i.created_at > moment - interval '7 days');
    if left_this_week < 0 then raise exception 'shop_invitation.week_full' using errcode = 'EP409'; end if;
    ends_at := moment + app.kept_for('shop_invitations');
    insert into app.shop_invitations (shop_id, invited_by, lookup, sealed, token_hash, created_at, ends_at)
    values (shop, app.caller(), address_lookup, sealed_invitation, new_token_hash, moment, invite_shop.ends_at)
    returning id into invitation;
    perform app.note('shop.invited_another', 'shop', shop, jsonb_build_object('invitation', invitation));
    if address_lookup is not null then perform app.queue_mail('shop_invitation', invitation); end if;
end $$;
grant execute on function app.invite_shop(uuid, bytea, bytea, bytea) to authenticated;
