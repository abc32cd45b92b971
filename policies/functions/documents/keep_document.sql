-- Trigger: refuse every change of a document but two: that somebody prints it now, and that its file is stored, once.
-- Fires before an update of documents.
create or replace function app.keep_document() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    kept constant text[] := array['taken_at', 'sha256', 'bytes', 'stored_at'];
begin
    if to_jsonb(new) - kept is distinct from to_jsonb(old) - kept or old.stored_at is not null then
        raise exception 'documents do not change' using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
