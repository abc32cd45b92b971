-- Return whether a lot was drafted from a photo.
-- Called by a policy of photos. Definer, because nobody may read drafts. It returns nothing of a draft.
create or replace function app.photo_of_draft(photo uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return exists (select from app.listing_drafts d where d.photo_id = photo);
end $$;
grant execute on function app.photo_of_draft(uuid) to authenticated;
