-- Mark a kept photo as used by a lot or a page, and return whether there is such a photo that everybody may see.
-- Called by take_photo and take_page_photo, which check whose it is. Definer, because nobody may write `used`; only the
-- owner may execute it.
-- Locks: the photo. A photo that is used already is locked for key share only, so that two who take several photos in
-- different orders never wait for each other; that lock still keeps orphaned_photos away.
create or replace function app.use_photo(photo uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform from app.photos p where p.id = photo and p.status = 'kept' and p.used for key share;
    if not found then
        update app.photos p set used = true where p.id = photo and p.status = 'kept';
        if not found then return false; end if;
    end if;
    -- Asked under the lock. What a problem report shows is not for everybody, even if somebody who works here took it.
    return not exists (select from app.problem_reports q where q.photo_id = photo);
end $$;
