-- Return the time that every rule goes by. In one function, so that a test can set it to midnight or to the night when
-- the clocks change.
create or replace function app.clock() returns timestamptz language sql stable parallel safe as $$ select now() $$;
grant execute on function app.clock() to anon, authenticated, ecopanier_api, ecopanier_worker;
