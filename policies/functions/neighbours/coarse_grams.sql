-- Return a weight rounded down to 1, 2 or 5 of its order of magnitude: 500 g, 1 kg, 2 kg, 5 kg, 10 kg and so on.
-- Called by neighbour_suggestions, so that associations learn about how much a shop leaves, and not what it sold.
create or replace function app.coarse_grams(grams bigint) returns int
language sql immutable parallel safe as $$
    select (magnitude * case when grams >= 5 * magnitude then 5 when grams >= 2 * magnitude then 2 else 1 end)::int
    from (select 10 ^ floor(log(greatest(grams, 1)::numeric)) as magnitude) m
$$;
