-- Store what was drafted from a photo, to read it again and to compare it with what is published; return whether the food is
-- recalled.
-- Called by POST /v1/lots/drafts once the draft is made, as a merchant.
-- Definer, because nobody may read or write drafts. Only a photo and a shop of the caller's get through.
create or replace function app.keep_draft(
    shop uuid, photo uuid, reader text, model text, draft jsonb, begun_at timestamptz,
    confidence jsonb default '{}', remarks text[] default '{}') returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into app.listing_drafts (shop_id, photo_id, reader, model, draft, confidence, remarks, begun_at, drafted_at)
    select s.id, p.id, keep_draft.reader, keep_draft.model, keep_draft.draft, keep_draft.confidence,
           keep_draft.remarks, keep_draft.begun_at, app.clock()
    from app.shops s, app.photos p
    where s.id = shop and s.id = any (array(select app.shops_of(app.caller(), 'staff'))) and p.id = photo and p.account_id = app.caller();
    if not found then raise exception 'lot.photo_unknown' using errcode = 'EP422'; end if;
    return app.is_recalled(keep_draft.draft ->> 'gtin', keep_draft.draft ->> 'batch');
end $$;
grant execute on function app.keep_draft(uuid, uuid, text, text, jsonb, timestamptz, jsonb, text[]) to authenticated;
