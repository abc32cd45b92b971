-- Return how an item of a recall notice matches food of its trade number: `exact` (the batch is the same, every batch is
-- recalled, or the food's date lies within the recalled dates), `batch_missing` (a batch is recalled and the food does not
-- say its own), `batch_unreadable` (nothing can be compared with what the notice says), `date_missing`; or null.
-- Called by is_recalled, take_recall_notice and compare_with_notices.
-- What is not exact, and what names every batch without a date, counts for half a year only (`fades_at`): one recalled
-- batch must not take a product off the shelves for good.
-- Definer, because acts need it whoever calls them; only the owner may execute it.
create or replace function app.match_item(item app.recall_items, batch text, food_date date) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    fresh boolean := item.fades_at > app.clock();
    dated boolean := num_nonnulls(item.food_from, item.food_until) > 0;
begin
    return case
        when item.covers = 'batch' and batch is not null then
            case when app.same_batch(item.batch, batch) then 'exact' end
        when item.covers = 'every' and dated and food_date is not null then
            case when food_date between coalesce(item.food_from, '-infinity') and coalesce(item.food_until, 'infinity')
                 then 'exact' end
        when not fresh then null
        when item.covers = 'batch' then 'batch_missing'
        when item.covers = 'unclear' then 'batch_unreadable'
        when dated then 'date_missing'
        else 'exact' end;
end $$;
