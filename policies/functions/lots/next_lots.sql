-- Return up to `most` lots that a shop offers now or soon and that have portions left, earliest pickup first, as JSON.
-- Called by GET and PATCH /v1/shops/{shop_id}, as the caller. Row-level security applies; beyond it, everybody but current
-- beneficiaries gets discounted lots only, the shop's own people and admins too, so that the page looks to them as to
-- others. A lot that became free is left out as one that is sold out is.
create or replace function app.next_lots(shop uuid, most int) returns json language sql stable as $$
    select coalesce(json_agg(n order by n.pickup_start, n.id), '[]')
    from (
        select l.id, l.title, l.category, l.kind, l.original_price_cents, l.price_cents, l.pickup_start, l.pickup_end,
               l.photo_id, k.remaining, l.date_kind, l.food_date,
               coalesce(l.date_kind = 'best_before' and l.food_date_ends_at <= app.clock(), false) as past_best_before
        from app.lots l join app.lot_stock k on k.lot_id = l.id
        where l.shop_id = next_lots.shop and l.status = 'published' and l.pickup_end > app.clock() and k.remaining > 0
          and (l.kind = 'discounted' or app.caller_is_current_beneficiary())
        order by l.pickup_start, l.id limit most) n
$$;
grant execute on function app.next_lots(uuid, int) to anon, authenticated;
