-- Return a lot as a search shows it, as JSON: its facts (app.lot_facts), and what changes with stock, clock and place.
-- Called by lots_near and lots_sorted. A plain expression without settings of its own, so that the planner inlines it.
create or replace function app.lot_shown(facts text, remaining int, past_best_before bool, distance_m float8)
returns text language sql stable as $$
    select facts || ',"remaining":' || remaining || ',"past_best_before":' || coalesce(past_best_before, false)
        || ',"distance_m":' || round(distance_m) || '}'
$$;
