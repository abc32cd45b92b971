-- Note that a document's file is stored, with its SHA-256 and size; from then on it is read and never made again. Return the
-- SHA-256 that counts: of two that print at once, the first one's. Tell the shop's owners of a statement.
-- Called by the worker's job documents.print and by GET /v1/reservations/{reservation_id}/receipt.pdf.
-- Definer, because nobody may write documents; only the API and the worker may execute it.
-- Locks: the document.
create or replace function app.document_stored(document uuid, sha256 text, bytes int) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    stored accounting.documents;
begin
    update accounting.documents d
    set sha256 = document_stored.sha256, bytes = document_stored.bytes, stored_at = app.clock()
    where d.id = document and d.stored_at is null returning d.* into stored;
    if not found then
        return (select d.sha256 from accounting.documents d where d.id = document);
    end if;
    if stored.kind in ('statement', 'year') then
        perform app.tell_shop(s.id, 'papers_ready',
                              jsonb_build_object('shop', s.name, 'paper', stored.kind, 'first_day', stored.first_day,
                                                 'last_day', stored.last_day,
                                                 'year', extract(year from stored.first_day)::int),
                              once => document::text)
        from app.shops s where s.id = stored.shop_id and s.status <> 'closed';
    end if;
    return stored.sha256;
end $$;
grant execute on function app.document_stored(uuid, text, int) to ecopanier_api, ecopanier_worker;
