-- Trigger: let the photo of a problem report go that no longer shows it; the worker's job photos.remove_orphans removes
-- its files.
-- Fires after a report is deleted or loses its photo (policies/tables/problem_reports.sql).
-- Definer, because nobody may write `used`. Locks: the photo.
create or replace function app.let_photo_go() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.photos p set used = false where p.id = old.photo_id;
    return null;
end $$;
