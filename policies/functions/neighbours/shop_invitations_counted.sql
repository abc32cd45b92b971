-- Return what became of the invitations of a shop: numbers only, never who was invited or who did not answer. Up to two
-- invitations, what became of them is null: it would tell about the one or two that were invited.
-- Called by GET /v1/shops/{shop_id}/shop-invitations, as owner or staff of the shop.
-- Definer, because nobody may read invitations.
create or replace function app.shop_invitations_counted(
    shop uuid, out invited int, out opened int, out registered int, out verified int, out first_lot int,
    out left_this_week int)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := app.clock();
begin
    if not exists (select from app.shops_of(app.caller(), 'staff') o where o = shop) then
        raise exception 'shop.not_found' using errcode = 'EP404';
    end if;
    select count(*), count(i.opened_at), count(i.registered_at), count(i.verified_at), count(i.first_lot_at),
           greatest(0, 20 - count(*) filter (where i.created_at > moment - interval '7 days'))
    into invited, opened, registered, verified, first_lot, left_this_week
    from app.shop_invitations i where i.shop_id = shop;
    if invited < 3 then
        opened := null;
        registered := null;
        verified := null;
        first_lot := null;
    end if;
end $$;
grant execute on function app.shop_invitations_counted(uuid) to authenticated;
