-- Add a row to somebody's consents, and a line about it to the audit log.
-- Called by record_consent and ask_terms, which have checked the version and locked the account.
-- The line about a diet is one that admins do not see: nobody else learns that there is one.
-- Definer, because nobody may write consents or the log; only the owner may execute it.
create or replace function app.add_consent(holder uuid, purpose text, version text, given boolean) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into app.consents (account_id, purpose, version, given, at)
    values (holder, add_consent.purpose, add_consent.version, add_consent.given, app.clock());
    perform app.note('consent.' || case when given then 'given' else 'withdrawn' end,
                     case purpose when 'diet' then 'diet' else 'account' end, holder,
                     jsonb_build_object('purpose', purpose, 'version', version));
end $$;
