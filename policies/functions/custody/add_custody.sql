-- Append an entry to the chain of custody of a collection, once for each kind and source. `content` holds quantities, degrees
-- and our own words, no person.
-- Called by acts that take, leave, receive, freeze, distribute or lose food, under the lock of the collection: that is why
-- two entries never follow the same one.
-- Definer, because nobody may write entries; only the owner may execute it.
-- Locks: the head of the chain, under the lock of the collection.
create or replace function app.add_custody(
    collection uuid, kind text, source uuid, at timestamptz, content jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    head  app.custody_heads;
    entry app.custody_entries;
begin
    if exists (select from app.custody_entries e where e.collection_id = add_custody.collection
               and e.kind = add_custody.kind and e.source = add_custody.source) then
        return;
    end if;
    select h.* into head from app.custody_heads h where h.collection_id = add_custody.collection for update;
    entry.id := app.uuid7();
    entry.collection_id := add_custody.collection;
    entry.number := coalesce(head.entries, 0) + 1;
    entry.kind := add_custody.kind;
    entry.source := add_custody.source;
    entry.at := add_custody.at;
    entry.recorded_at := app.clock();
    entry.content := jsonb_strip_nulls(add_custody.content);
    entry.previous := coalesce(head.hash, decode(repeat('00', 32), 'hex'));
    entry.hash := app.custody_hash(entry);
    insert into app.custody_entries values (entry.*);
    insert into app.custody_heads as h (collection_id, entries, hash) values (entry.collection_id, entry.number, entry.hash)
    on conflict on constraint custody_heads_pkey do update set entries = excluded.entries, hash = excluded.hash;
end $$;
