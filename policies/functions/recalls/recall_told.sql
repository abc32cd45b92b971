-- Return what every notice about a recall says of it: the number as it stands under the bar code (8, 12, 13 or 14
-- digits; all are stored with 14), the batch, the reason, and the number of the official notice that it follows.
-- Called by tell_of_recall, tell_supporter and tell_shop_of_recall.
-- Definer, because acts need it whoever calls them; only the owner may execute it.
create or replace function app.recall_told(recall uuid) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (
        select jsonb_build_object(
            'recall', r.id, 'recalled_batch', r.batch, 'reason', r.reason,
            'official', (select n.number from app.recall_notices n where n.id = r.notice_id),
            'gtin', substr(r.gtin, 1 + case when z.zeros >= 6 then 6 else least(z.zeros, 2) end))
        from app.recalls r
        cross join lateral (select length(r.gtin) - length(ltrim(r.gtin, '0')) as zeros) z
        where r.id = recall);
end $$;
