-- Note that a paper's file is stored, with its SHA-256 and size; from then on it is read and never made again. Return the
-- SHA-256 that counts: of two that print at once, the first one's.
-- Called by the API after it printed a slip or a donation receipt. Definer, because nobody may write papers.
-- Locks: the paper.
create or replace function app.paper_stored(paper uuid, sha256 text, bytes int) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    update app.collection_papers p
    set sha256 = paper_stored.sha256, bytes = paper_stored.bytes, stored_at = app.clock()
    where p.id = paper and p.stored_at is null;
    return (select p.sha256 from app.collection_papers p where p.id = paper);
end $$;
grant execute on function app.paper_stored(uuid, text, int) to ecopanier_api;
