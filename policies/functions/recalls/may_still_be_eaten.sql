-- Return whether a recall reaches a lot: it is not over, its window ended in the last 30 days, or its food's date has not
-- passed, so that somebody may still have the food.
-- Called by issue_recall and take_recall_notice.
-- Definer, because acts need it whoever calls them; only the owner may execute it.
create or replace function app.may_still_be_eaten(lot app.lots) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return lot.status in ('draft', 'published', 'paused')
        or lot.status in ('ended', 'withdrawn')
           and (lot.pickup_end > app.clock() - interval '30 days'
                or coalesce(lot.food_date_ends_at > app.clock(), false));
end $$;
