-- Mark photos whose files may be removed as `going`, so that no lot can take them any more, and return their ids.
-- Called by the worker's hourly job photos.remove_orphans and after an erasure. The photos are those that no lot has
-- taken in time, and those whose removal began earlier.
-- Definer, because nobody may read all photos; only the worker may execute it.
-- Locks: the photos, before looking again whether anything shows them. A photo that a lot is taking at this moment is
-- locked and skipped.
create or replace function app.orphaned_photos(most int) returns setof uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    photo uuid;
begin
    for photo in
        select p.id from app.photos p
        where not p.used and (p.status = 'going' or p.created_at < app.clock() - app.kept_for('photos_unused'))
        order by p.created_at limit most for update skip locked
    loop
        if app.photo_is_shown(photo) then
            update app.photos p set used = true where p.id = photo;
        else
            update app.photos p set status = 'going' where p.id = photo;
            return next photo;
        end if;
    end loop;
end $$;
grant execute on function app.orphaned_photos(int) to ecopanier_worker;
