-- Return what notices say about lots that are on offer: the newest first, at most `most`, as a JSON array.
-- Called by announce_lots, tell_places and offers_now, with lots that the person may reserve.
-- Definer, because acts need it whoever calls them; only the owner may execute it.
create or replace function app.offers_in_words(lots uuid[], most int) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return coalesce((
        select jsonb_agg(jsonb_build_object(
                   'id', o.id, 'title', o.title, 'shop', o.shop, 'price_cents', o.price_cents, 'free', o.kind = 'free',
                   'pickup_start', o.pickup_start, 'pickup_end', o.pickup_end, 'zone', o.zone) order by o.id desc)
        from (select l.id, l.title, s.name as shop, l.price_cents, l.kind, l.pickup_start, l.pickup_end,
                     s.time_zone as zone
              from app.lots l join app.shops s on s.id = l.shop_id
              where l.id = any (lots) order by l.id desc limit most) o), '[]');
end $$;
