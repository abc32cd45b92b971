-- Raise consent.version_unknown, with the current version, unless `given_version` is the current one.
-- Called by ask_registration, register_account, record_consent and ask_terms.
create or replace function app.check_consent(purpose text, given_version text) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
    expected text := app.consent_version(purpose);
begin
    if given_version is distinct from expected then
        raise exception 'consent.version_unknown'
            using errcode = 'EP422', detail = jsonb_build_object('current_version', expected);
    end if;
end $$;
