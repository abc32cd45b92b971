-- Return whether food with this trade number and batch is recalled, by an admin or by a notice of the public feed;
-- without a batch, whether any batch is. With `lenient`, a notice counts only if it certainly names the food.
-- Called by keep_draft and refuse_recalled.
-- Volatile, so that it sees recalls that were committed after the caller's statement began. Definer, because it
-- answers whoever writes a lot; only the owner may execute it.
create or replace function app.is_recalled(
    wanted_gtin text, wanted_batch text, wanted_date date default null, lenient boolean default false) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    return exists (
            select from app.recalls r
            where r.gtin = wanted_gtin and r.notice_id is null and app.same_batch(r.batch, wanted_batch))
        or exists (
            select from app.recall_items i
            where i.gtin = wanted_gtin
              and (app.match_item(i, wanted_batch, wanted_date) = 'exact'
                   or not lenient and app.match_item(i, wanted_batch, wanted_date) = 'batch_missing'));
end $$;
