-- Return what a notice says about a collection: whose food goes where, when, how it travels, how to get in, and what it is.
-- Called by tell_of_collection. The same for everyone who is told. The carrier is told by vehicle and not by name, because
-- notices outlive the account of whoever drives. `arrives_at` and `delivers_at` are the hours of the tour that it is in.
-- Definer, because it reads everybody's collections; only the owner may execute it.
create or replace function app.collection_told(collection uuid) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (
        select jsonb_build_object(
            'giver', coalesce(s.name, g.name), 'address', f.address, 'access', f.access,
            'receiver', r.name, 'window_start', c.window_start, 'window_end', c.window_end,
            'zone', coalesce(s.time_zone, g.time_zone), 'carrier', c.carrier, 'vehicle', drive.vehicle,
            'arrives_at', drive.arrives_at, 'delivers_at', drive.delivers_at, 'cold', c.cold, 'notes', c.notes,
            'grams', c.grams, 'crates', c.crates, 'portions', c.portions,
            'items', items.told, 'more', greatest(items.many - 10, 0))
        from app.collections c
        join app.collection_points f on f.id = c.from_point
        left join app.shops s on s.id = c.shop_id
        left join app.associations g on g.id = c.giver_id
        left join app.associations r on r.id = c.association_id
        left join lateral (
            select p.vehicle, max(x.arrives_at) filter (where k.kind = 'take') as arrives_at,
                   max(x.arrives_at) filter (where k.kind = 'leave') as delivers_at
            from app.stop_tasks k
            join app.tours t on t.id = k.tour_id and t.status not in ('declined', 'cancelled')
            join app.tour_stops x on x.tour_id = k.tour_id and x.number = k.number
            left join app.collector_profiles p on p.collector_id = t.collector_id
            where k.collection_id = c.id and k.living
            group by t.id, p.vehicle limit 1) drive on true
        cross join lateral (
            select count(*) as many,
                   coalesce(jsonb_agg(jsonb_build_object('title', i.title, 'grams', i.grams, 'crates', i.crates,
                                                         'portions', i.portions) order by i.place)
                            filter (where i.place <= 10), '[]') as told
            from (select x.*, row_number() over (order by x.lot_id is null, x.title, x.id) as place
                  from app.collection_items x where x.collection_id = c.id) i) items
        where c.id = collection);
end $$;
