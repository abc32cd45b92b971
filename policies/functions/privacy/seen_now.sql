-- The caller gave a sign of life, however they signed in.
create or replace function app.seen_now() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.seen(app.caller());
end $$;
grant execute on function app.seen_now() to authenticated;
