-- Return what a notice says about a lot, so that nobody takes it for another of the same title.
-- Called by acts that tell people of a lot. The free lot beside a discounted one reads as that one.
-- Definer, because acts need it whoever calls them; only the owner may execute it.
create or replace function app.lot_told(lot uuid) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select jsonb_build_object(
                'title', l.title, 'shop', s.name, 'address', s.address, 'pickup_start', l.pickup_start,
                'pickup_end', l.pickup_end, 'batch', l.batch, 'zone', s.time_zone)
            from app.lots l join app.shops s on s.id = l.shop_id where l.id = lot);
end $$;
