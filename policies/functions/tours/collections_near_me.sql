-- Return the accepted collections in the caller's area that are in no tour yet and that their vehicle can carry, as a JSON
-- list, the next window first; none for a collector who is not verified. At most 100.
-- Called by GET /v1/collectors/me/open-collections. Raises EP404 for a collector without a profile.
-- Definer, because these collections are nobody's yet. It tells neither how to get in, nor whom to call, nor what was noted,
-- leaves out givers that are on no map, and does not name an association that is not public.
create or replace function app.collections_near_me() returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    mine app.collector_profiles;
begin
    select p.* into mine from app.collector_profiles p where p.collector_id = app.caller();
    if not found then raise exception 'collector.no_profile' using errcode = 'EP404'; end if;
    if not exists (select from app.collectors c where c.id = mine.collector_id and c.status = 'verified') then
        return '[]';
    end if;
    return (
        select coalesce(json_agg(json_build_object(
            'id', n.id, 'giver', n.name, 'address', n.address, 'receiver', n.receiver, 'distance_m', n.distance_m,
            'window_start', n.window_start, 'window_end', n.window_end, 'time_zone', app.zone_of(n.insee_code),
            'grams', n.grams, 'crates', n.crates, 'portions', n.portions, 'cold', n.cold) order by n.window_start, n.id), '[]')
        from (
            select c.*, f.name, f.address, f.insee_code, case when t.shown then t.name end as receiver,
                   round((f.place <-> mine.place) * cos(radians(mine.latitude)))::int as distance_m
            from app.collections c
            join app.collection_points f on f.id = c.from_point and f.shown
            left join app.collection_points t on t.id = c.to_point
            where c.status = 'accepted' and c.window_end > app.clock()
              and (f.place <-> mine.place) * cos(radians(mine.latitude)) <= mine.radius_metres
              and c.grams <= mine.most_grams and (c.cold = 'none' or mine.cold_crates > 0)
              and (c.carrier = 'volunteer' or mine.professional)
            order by c.window_start, c.id limit 100) n);
end $$;
grant execute on function app.collections_near_me() to authenticated;
