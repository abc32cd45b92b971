-- Return up to `most` lots of a shop as JSON, newest first, whose windows run and of which the caller sees no row because
-- they may not have any portion of them: sold out, or free now.
-- Called by GET /v1/shops/{shop_id}/lots, for others than the shop's people.
-- Definer for the same reason as lot_without_portions. Nothing for admins, who see every row.
create or replace function app.lots_without_portions(shop uuid, before uuid, most int) returns setof json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    sees_free boolean := app.caller_is_current_beneficiary();
begin
    if app.caller_role() = 'admin' then return; end if;
    return query
        select app.sold_out_lot_json(l) from app.lots l join app.lot_stock s on s.lot_id = l.id
        where l.shop_id = shop and (before is null or l.id < before)
          and l.status = 'published' and l.pickup_end > app.clock()
          and (l.kind = 'discounted' and s.remaining = 0 or l.price_before_free_cents is not null and not sees_free)
        order by l.id desc limit most;
end $$;
grant execute on function app.lots_without_portions(uuid, uuid, int) to anon, authenticated;
