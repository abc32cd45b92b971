-- Trigger: note each decision of an admin in the audit log, without its reason, which may name people.
-- Fires after each insert into app.decisions (policies/tables/decisions.sql). Definer, because nobody may write the
-- log.
create or replace function app.note_decision() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.note(new.subject || '.' || new.decision, new.subject, new.subject_id);
    return null;
end $$;
