-- What admins decide about shops, associations, collectors and accounts comes into the audit log by itself, without its
-- reason, which may name people.
create or replace function app.note_decision() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.note(new.subject || '.' || new.decision, new.subject, new.subject_id);
    return null;
end $$;
