-- Return the lots of a shop that it can have collected, as a JSON list: those on sale with portions left, and those that ended
-- within two days with portions that nobody collected; the last to end first.
-- Called by GET /v1/shops/{shop_id}/unsold-lots, as owner or staff. `refusal` is the code of the problem by which the food's
-- date forbids a collection now.
-- Definer, because it reads everybody's reservations; it lets through sums of the shop's own lots.
create or replace function app.unsold_lots(shop uuid) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if shop <> all (array(select app.shops_of(app.caller(), 'staff'))) then
        raise exception 'shop.not_found' using errcode = 'EP404';
    end if;
    return (
        select coalesce(jsonb_agg(jsonb_build_object(
            'lot_id', u.id, 'title', u.title, 'category', u.category, 'left', u.remains, 'on_sale', u.status <> 'ended',
            'pickup_end', u.pickup_end, 'date_kind', u.date_kind, 'food_date', u.food_date, 'refusal', u.refusal)
            order by u.pickup_end desc, u.id), '[]')
        from (
            select l.*, app.left_of_lot(l) as remains,
                   app.food_refusal(l.date_kind, l.food_date_ends_at, 'collection', app.clock(), true) as refusal
            from app.lots l
            where l.shop_id = shop and l.suspended_from is null
              and l.status in ('published', 'paused', 'ended') and l.pickup_end > app.clock() - interval '2 days'
            order by l.pickup_end desc limit 100) u
        where u.remains > 0);
end $$;
grant execute on function app.unsold_lots(uuid) to authenticated;
