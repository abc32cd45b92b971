-- Mark a photo of the shop's owner as used by a lot or a recurring listing; raise EP422 if there is no such photo.
-- Called by the triggers guard_lot and guard_recurring. Definer, because nobody may write `used`; only the owner may
-- execute it.
-- Locks: the photo. A photo that is used already is locked for key share only, so that two who take several photos in
-- different orders never wait for each other; that lock still keeps orphaned_photos away.
create or replace function app.take_photo(photo uuid, owner uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform from app.photos p where p.id = photo and p.account_id = owner and p.status = 'kept' and p.used for key share;
    if found then return; end if;
    update app.photos p set used = true where p.id = photo and p.account_id = owner and p.status = 'kept';
    if not found then raise exception 'lot.photo_unknown' using errcode = 'EP422'; end if;
end $$;
