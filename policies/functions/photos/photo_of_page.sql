-- Return whether the page of a verified shop or of a public association shows a photo, or the page of an association that
-- the caller works for.
-- Called by a policy of photos. Definer, because strangers see no rows of associations. It returns nothing of them.
create or replace function app.photo_of_page(photo uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return exists (select from app.shops s where s.photo_id = photo and s.status = 'verified')
        or exists (select from app.associations a
                   where a.photo_id = photo and (app.is_shown(a) or a.id in (select app.associations_of(app.caller(), 'reader'))));
end $$;
grant execute on function app.photo_of_page(uuid) to anon, authenticated;
