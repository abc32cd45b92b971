-- Mark a photo as used by a lot or a recurring listing of a shop; raise EP422 if none of the shop's owners and staff took
-- it and the shop does not show it already.
-- Called by the triggers guard_lot and guard_recurring. Definer, because nobody may write `used`; only the owner may
-- execute it.
-- Locks: the photo. A photo that is used already is locked for key share only, so that two who take several photos in
-- different orders never wait for each other; that lock still keeps orphaned_photos away.
create or replace function app.take_photo(photo uuid, shop uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from app.photos p join app.members m on m.account_id = p.account_id
                   where p.id = photo and m.shop_id = shop and m.role in ('owner', 'staff'))
       and not exists (select from app.lots l where l.photo_id = photo and l.shop_id = shop)
       and not exists (select from app.recurring_listings r where r.photo_id = photo and r.shop_id = shop) then
        raise exception 'lot.photo_unknown' using errcode = 'EP422';
    end if;
    perform from app.photos p where p.id = photo and p.status = 'kept' and p.used for key share;
    if found then return; end if;
    update app.photos p set used = true where p.id = photo and p.status = 'kept';
    if not found then raise exception 'lot.photo_unknown' using errcode = 'EP422'; end if;
end $$;
