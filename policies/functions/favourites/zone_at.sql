-- Return the time zone of a point in France; Paris for a point that is in no French territory.
-- Called by guard_saved_place. French Polynesia has three zones, so there the nearest commune decides.
-- Definer, because nobody is granted the table of communes; the data are public.
create or replace function app.zone_at(latitude float8, longitude float8) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    inside text := (
        select b.territory from app.boxes_of_france() b
        where b.territory <> '984' and zone_at.latitude between b.south and b.north
          and zone_at.longitude between b.west and b.east
        limit 1);
begin
    if inside = '987' then
        return coalesce(
            (select app.zone_of(p.insee_code) from app.places p
             where left(p.insee_code, 3) = '987' and p.latitude is not null
             order by point(p.longitude, p.latitude) <-> point(zone_at.longitude, zone_at.latitude) limit 1),
            'Pacific/Tahiti');
    end if;
    return app.zone_of(inside || '00');
end $$;
grant execute on function app.zone_at(float8, float8) to authenticated;
