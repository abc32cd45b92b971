-- Return whether a lot, a page or a problem report shows a photo, or a recurring listing will.
-- Called by orphaned_photos and by the acts that erase. Definer, because it reads everybody's lots; only the owner may
-- execute it.
create or replace function app.photo_is_shown(photo uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return exists (select from app.lots l where l.photo_id = photo)
        or exists (select from app.recurring_listings r where r.photo_id = photo)
        or exists (select from app.shops s where s.photo_id = photo)
        or exists (select from app.associations a where a.photo_id = photo)
        or exists (select from app.problem_reports q where q.photo_id = photo)
        or exists (select from app.tour_steps t where t.photo_id = photo);
end $$;
