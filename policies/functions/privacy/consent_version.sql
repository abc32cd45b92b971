-- Return the current version of a text that people consent to; null for a text that does not exist.
-- Called by check_consent and ask_terms, by GET /v1/terms and GET /v1/me/consents, and by the demo town. A version counts
-- from the day `since`, in Paris.
-- Definer, because the API's login reads no table; the versions are public.
create or replace function app.consent_version(purpose text) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select v.version from app.text_versions v
    where v.kind = purpose and v.since <= app.paris_day(app.clock())
    order by v.since desc limit 1
$$;
grant execute on function app.consent_version(text) to anon, authenticated, ecopanier_api;
