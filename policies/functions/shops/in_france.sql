-- Return whether coordinates lie in a French territory where people live.
-- Called by guard_saved_place. A place has no commune, unlike a shop. Left out are the Austral and Antarctic lands: nobody
-- lives there, and their box contains Madagascar and half of Australia.
create or replace function app.in_france(latitude float8, longitude float8) returns boolean
language sql immutable parallel safe as $$
    select exists (select from app.boxes_of_france() b
                   where b.territory <> '984'
                     and latitude between b.south and b.north and longitude between b.west and b.east)
$$;
grant execute on function app.in_france(float8, float8) to authenticated;
