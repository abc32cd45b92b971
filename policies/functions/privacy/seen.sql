-- Note that an account was active today, once a day; an account without activity for long is erased one day.
-- Called by open_session, rotate_session and seen_now. Definer, because nobody may write that date; only the owner may
-- execute it.
-- Locks: the account.
create or replace function app.seen(account uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.accounts a set last_seen_on = app.paris_day(app.clock()), warned_at = null
    where a.id = account and (a.last_seen_on < app.paris_day(app.clock()) or a.warned_at is not null);
end $$;
