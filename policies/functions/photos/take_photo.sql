-- Mark a photo as used by a lot or a recurring listing of a shop; raise EP422 if none of the shop's owners and staff took
-- it and the shop does not show it already.
-- Called by the triggers guard_lot and guard_recurring. Definer, because nobody may write `used`; only the owner may
-- execute it.
-- Locks: the photo (use_photo).
create or replace function app.take_photo(photo uuid, shop uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from app.photos p join app.members m on m.account_id = p.account_id
                   where p.id = photo and m.shop_id = shop and m.role in ('owner', 'staff'))
       and not exists (select from app.lots l where l.photo_id = photo and l.shop_id = shop)
       and not exists (select from app.recurring_listings r where r.photo_id = photo and r.shop_id = shop) then
        raise exception 'lot.photo_unknown' using errcode = 'EP422';
    end if;
    if not app.use_photo(photo) then raise exception 'lot.photo_unknown' using errcode = 'EP422'; end if;
end $$;
