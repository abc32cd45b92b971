-- Mark a photo as used by the page of a shop or of an association; raise EP422 if none of its owners and staff took it.
-- Called by the triggers guard_shop and guard_association when the page's photo changes. The one that the page showed
-- before is looked at by orphaned_photos again.
-- Definer, because nobody may write `used`; only the owner may execute it.
-- Locks: the photos.
create or replace function app.take_page_photo(photo uuid, before uuid, workplace uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if photo is not null then
        if not exists (select from app.photos p join app.members m on m.account_id = p.account_id
                       where p.id = photo and workplace in (m.shop_id, m.association_id) and m.role in ('owner', 'staff'))
           or not app.use_photo(photo) then
            raise exception 'photo.unknown' using errcode = 'EP422';
        end if;
    end if;
    update app.photos p set used = false where p.id = before and p.status = 'kept';
end $$;
