-- Return the draft that was made from a photo of the caller's for a shop where they are still owner or staff, with
-- whether the food is recalled by now; EP404 for any other photo.
-- Called by GET /v1/lots/drafts/{photo_id}.
-- Definer, because nobody may read drafts, which are compared with what is published.
create or replace function app.draft_of_photo(
    photo uuid, out shop_id uuid, out draft jsonb, out confidence jsonb, out remarks text[], out reader text,
    out recalled boolean)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    select d.shop_id, d.draft, d.confidence, d.remarks, d.reader, app.is_recalled(d.draft ->> 'gtin', d.draft ->> 'batch')
    into shop_id, draft, confidence, remarks, reader, recalled
    from app.listing_drafts d join app.photos p on p.id = d.photo_id
    where d.photo_id = draft_of_photo.photo and p.account_id = app.caller()
      and d.shop_id = any (array(select app.shops_of(app.caller(), 'staff')));
    if not found then raise exception 'draft.not_found' using errcode = 'EP404'; end if;
end $$;
grant execute on function app.draft_of_photo(uuid) to authenticated;
