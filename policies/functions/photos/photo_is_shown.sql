-- Whether anything shows a photo, or will.
create or replace function app.photo_is_shown(photo uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return exists (select from app.lots l where l.photo_id = photo)
        or exists (select from app.recurring_listings r where r.photo_id = photo);
end $$;
