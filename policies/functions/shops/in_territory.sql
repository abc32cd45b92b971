-- Return whether coordinates lie in the French territory of a commune.
-- Called by guard_place, and by queries that show which shops were registered with a wrong place.
create or replace function app.in_territory(commune text, latitude float8, longitude float8) returns boolean
language sql immutable parallel safe as $$
    select latitude between b.south and b.north and longitude between b.west and b.east
    from app.boxes_of_france() b
    where b.territory in (left(commune, 3), '')
    order by b.territory desc limit 1  -- metropolitan France, unless the commune is overseas
$$;
grant execute on function app.in_territory(text, float8, float8) to anon, authenticated;
