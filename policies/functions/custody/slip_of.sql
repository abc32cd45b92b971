-- Return the slip of a collection that the caller takes part in. Once it was received the slip is issued, and does not change
-- any more; before that it is provisional and has no `id`.
-- Called by GET /v1/collections/{collection_id}/slip.pdf.
-- Definer, because nobody may write papers; it lets through whoever sees the collection.
-- Locks: the paper that it inserts.
create or replace function app.slip_of(collection uuid, out id uuid, out contents text, out sha256 text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    c app.collections;
begin
    select x.* into c from app.collections x
    where x.id = slip_of.collection
      and (x.id in (select app.collections_seen_by(app.caller())) or app.caller_role() = 'admin');
    if not found or c.association_id is null then raise exception 'collection.not_found' using errcode = 'EP404'; end if;
    if c.status <> 'received' then
        contents := app.slip_contents(c.id)::text;
        return;
    end if;
    insert into app.collection_papers (kind, collection_id, shop_id, association_id, first_day, last_day, issued_at, contents)
    values ('slip', c.id, c.shop_id, c.association_id, app.paris_day(c.received_at), app.paris_day(c.received_at),
            app.clock(), app.slip_contents(c.id))
    on conflict on constraint collection_papers_collection_id_key do nothing;
    select p.id, p.contents::text, p.sha256 into slip_of.id, slip_of.contents, slip_of.sha256
    from app.collection_papers p where p.collection_id = c.id;
end $$;
grant execute on function app.slip_of(uuid) to authenticated;
