-- Empty a counter of tries, because somebody proved who they are.
-- Called by open_session; the API may execute it too. Definer, because nobody may write counters. Locks: the counter.
create or replace function app.forget_tries(tried bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from app.throttles t where t.bucket = tried;
end $$;
grant execute on function app.forget_tries(bytea) to ecopanier_api;
