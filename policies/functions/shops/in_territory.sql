-- Return whether coordinates lie in the French territory of a commune.
-- Called by guard_place, and by queries that show which shops were registered with a wrong place. The boxes are generous: they find coordinates that are swapped or of another country, not a
-- wrong street.
create or replace function app.in_territory(commune text, latitude float8, longitude float8) returns boolean
language sql immutable parallel safe as $$
    select coalesce(
        (select latitude between b.south and b.north and longitude between b.west and b.east
         from (values ('971', 15.7, 16.6, -62.0, -60.9),    -- Guadeloupe
                      ('972', 14.3, 15.0, -61.3, -60.7),    -- Martinique
                      ('973', 2.0, 6.0, -54.7, -51.5),      -- Guyane
                      ('974', -21.5, -20.8, 55.1, 55.9),    -- La Réunion
                      ('975', 46.7, 47.2, -56.5, -56.1),    -- Saint-Pierre-et-Miquelon
                      ('976', -13.1, -12.5, 44.9, 45.4),    -- Mayotte
                      ('977', 17.8, 18.0, -63.0, -62.7),    -- Saint-Barthélemy
                      ('978', 17.9, 18.2, -63.2, -62.9),    -- Saint-Martin
                      ('984', -85, -11, 39, 143),           -- Terres australes et antarctiques
                      ('986', -14.5, -13, -178.3, -176),    -- Wallis-et-Futuna
                      ('987', -28, -7.5, -155, -134),       -- Polynésie française
                      ('988', -23.5, -17.5, 157, 172.5),    -- Nouvelle-Calédonie
                      ('989', 10.2, 10.4, -109.4, -109.1)   -- Clipperton
              ) as b (territory, south, north, west, east)
         where b.territory = left(commune, 3)),
        -- Metropolitan France.
        latitude between 41.3 and 51.2 and longitude between -5.3 and 9.7)
$$;
grant execute on function app.in_territory(text, float8, float8) to anon, authenticated;
