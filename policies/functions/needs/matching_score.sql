-- Return how well food fits an association, from 0 to 100: the sum of
--   40 × how much of the food is of categories that it takes, half of it of those that it lacks,
--   20 × how near it is, from its farthest distance (0) to next door (1),
--   20 × how much of the day's capacity stays free, and
--   20 × fairness: how little it received in 30 days of what it could have taken.
-- Called by suggestions_for and neighbour_pairs. `taken` and `lacked` are shares from 0 to 1, weights are in grams.
create or replace function app.matching_score(
    taken float8, lacked float8, metres int, farthest int, weight bigint, grams_a_day int, lately bigint, weekdays int)
returns int language sql immutable parallel safe as $$
    select round(20 * taken + 20 * lacked
                 + 20 * greatest(0, 1 - metres::float8 / farthest)
                 + 20 * greatest(0, 1 - weight::float8 / grams_a_day)
                 + 20 * greatest(0, 1 - lately::float8 / (grams_a_day::float8 * 30 * weekdays / 7)))::int
$$;
