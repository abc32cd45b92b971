-- Add a row to somebody's consents, and a line about it to the audit log.
-- Called by record_consent and ask_terms, which have checked the version and locked the account.
-- Definer, because nobody may write consents or the log; only the owner may execute it.
create or replace function app.add_consent(holder uuid, purpose text, version text, given boolean) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into app.consents (account_id, purpose, version, given, at)
    values (holder, add_consent.purpose, add_consent.version, add_consent.given, app.clock());
    perform app.note('consent.' || case when given then 'given' else 'withdrawn' end, 'account', holder,
                     jsonb_build_object('purpose', purpose, 'version', version));
end $$;
