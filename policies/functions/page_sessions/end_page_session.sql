-- End a browser's session, which then opens no page any more.
-- Called by the pages when somebody signs out, as the API.
-- Definer, because nobody may write these sessions; only the API may execute it.
create or replace function app.end_page_session(held bytea) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    delete from app.page_sessions p where p.id_hash = held;
$$;
grant execute on function app.end_page_session(bytea) to ecopanier_api;
