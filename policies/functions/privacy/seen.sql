-- Somebody gave a sign of life; noted once a day. An account without any for long is erased one day.
create or replace function app.seen(account uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.accounts a set last_seen_on = app.paris_day(app.clock()), warned_at = null
    where a.id = account and (a.last_seen_on < app.paris_day(app.clock()) or a.warned_at is not null);
end $$;
