-- Delete the row of a photo whose files have been removed.
-- Called by the worker, for each photo that orphaned_photos returned.
-- Definer, because nobody may delete photos; only the worker may execute it, and only a row that is `going` is
-- deleted.
create or replace function app.photo_gone(photo uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from app.photos p where p.id = photo and p.status = 'going';
end $$;
grant execute on function app.photo_gone(uuid) to ecopanier_worker;
