-- Return whether a published lot that everybody may read shows a photo: a discounted one, sold out or not, or one that
-- became free and looks sold out to others.
-- Called by a policy of photos. Definer, because nobody sees the rows of sold-out lots. It returns nothing of a lot.
create or replace function app.photo_of_published_lot(photo uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return exists (select from app.lots l where l.photo_id = photo and l.status = 'published'
                   and (l.kind = 'discounted' or l.price_before_free_cents is not null));
end $$;
grant execute on function app.photo_of_published_lot(uuid) to anon, authenticated;
