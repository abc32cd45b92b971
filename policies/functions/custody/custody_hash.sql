-- Return the SHA-256 of an entry in a chain of custody: over the hash of the entry before it and all that the entry says, as
-- canonical JSON. jsonb has one order of keys and one form of numbers; moments are written in UTC with microseconds.
-- Called by add_custody and by broken_custody.
create or replace function app.custody_hash(e app.custody_entries) returns bytea
language sql stable set search_path = pg_catalog, pg_temp as $$
    select sha256(convert_to(jsonb_build_object(
        'collection', e.collection_id, 'number', e.number, 'kind', e.kind, 'source', e.source,
        'at', to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'recorded_at', to_char(e.recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'content', e.content, 'previous', encode(e.previous, 'hex'))::text, 'UTF8'))
$$;
