-- What time it is, for every rule. One place, so that a test can live at midnight or on the night the clocks change.
create or replace function app.clock() returns timestamptz language sql stable parallel safe as $$ select now() $$;
grant execute on function app.clock() to anon, authenticated, ecopanier_api, ecopanier_worker;
