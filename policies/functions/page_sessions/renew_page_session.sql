-- Keep the new tokens of a browser's session, after the pages have refreshed the old ones.
-- Called by the pages, as the API.
-- Definer, because nobody may write these sessions; only the API may execute it.
create or replace function app.renew_page_session(held bytea, sealed_tokens bytea, ends timestamptz) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    update app.page_sessions p set sealed = sealed_tokens, ends_at = ends where p.id_hash = held;
$$;
grant execute on function app.renew_page_session(bytea, bytea, timestamptz) to ecopanier_api;
