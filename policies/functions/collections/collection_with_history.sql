-- Return a collection with its items and its history, which says as what somebody did a thing and never who.
-- Called by collection_shown and refuse_collection. Definer for the same reason as collection_json; only the owner may
-- execute it.
create or replace function app.collection_with_history(c app.collections) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return app.collection_json(c) || jsonb_build_object('history', (
        select coalesce(jsonb_agg(jsonb_build_object(
            'at', h.at, 'change', h.change, 'by',
            coalesce(h.details ->> 'by', case when h.by_account is null then 'program' else 'collector' end),
            'reason', h.details ->> 'reason', 'reason_code', h.details ->> 'reason_code') order by h.at, h.id), '[]')
        from app.collection_changes h where h.collection_id = c.id));
end $$;
