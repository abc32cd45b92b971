-- Return the bounds of each French territory, by the first three digits of its communes' INSEE codes; '' stands for
-- metropolitan France.
-- Called by in_territory and in_france. The boxes are generous: they find coordinates that are swapped or of another
-- country, not a wrong street.
create or replace function app.boxes_of_france()
returns table (territory text, south float8, north float8, west float8, east float8)
language sql immutable parallel safe as $$
    values ('971', 15.7, 16.6, -62.0, -60.9),    -- Guadeloupe
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
           ('989', 10.2, 10.4, -109.4, -109.1),  -- Clipperton
           ('', 41.3, 51.2, -5.3, 9.7)           -- Metropolitan France
$$;
grant execute on function app.boxes_of_france() to anon, authenticated;
