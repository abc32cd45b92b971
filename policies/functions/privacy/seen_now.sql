-- Note that the caller was active today, however they signed in.
-- Called by GET /v1/me, as anybody who is signed in. Definer, because nobody may write that date: it writes the
-- caller's only.
-- Locks: the account, once a day.
create or replace function app.seen_now() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.seen(app.caller());
end $$;
grant execute on function app.seen_now() to authenticated;
