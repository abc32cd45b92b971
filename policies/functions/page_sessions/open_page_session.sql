-- Keep the session of a browser that has just signed in, or of a device that has just been paired.
-- Called by the pages, as the API. The browser holds the id in a cookie, and the database its hash. `sealed` holds the
-- tokens with which the pages call the API; only the API opens it. `account` and `session` are null for a device.
-- Definer, because nobody may write these sessions; only the API may execute it.
create or replace function app.open_page_session(
    new_id_hash bytea, new_kind text, account uuid, session uuid, sealed_tokens bytea, ends timestamptz) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    insert into app.page_sessions (id_hash, kind, account_id, session_id, sealed, created_at, seen_on, ends_at)
    values (new_id_hash, new_kind, account, session, sealed_tokens, app.clock(), app.paris_day(app.clock()), ends);
$$;
grant execute on function app.open_page_session(bytea, text, uuid, uuid, bytea, timestamptz) to ecopanier_api;
