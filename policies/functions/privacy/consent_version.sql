-- Return the current version of the text that a purpose asks consent to; null for a purpose that does not exist.
-- Called by record_consent.
create or replace function app.consent_version(purpose text) returns text
language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
    select case purpose when 'terms' then '2026-01' when 'notifications' then '2026-01' end
$$;
