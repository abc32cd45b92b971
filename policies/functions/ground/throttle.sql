-- Count a try in a counter, and return the tries left in its window and when the window ends. Below zero means:
-- refuse.
-- Called by acts that count tries, and by the API for mails. The caller commits whatever follows, so that a refused
-- try counts too. Definer, because nobody may write counters. Locks: the counter.
create or replace function app.throttle(
    tried bytea, most int, window_seconds int, out tries_left int, out resets timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into app.throttles as t (bucket, hits, resets_at)
    values (tried, 1, app.clock() + make_interval(secs => window_seconds))
    on conflict (bucket) do update set
        hits = case when t.resets_at <= app.clock() then 1 else least(t.hits + 1, most + 1) end,
        resets_at = case when t.resets_at <= app.clock() then excluded.resets_at else t.resets_at end
    returning most - t.hits, t.resets_at into tries_left, resets;
end $$;
grant execute on function app.throttle(bytea, int, int) to ecopanier_api;
