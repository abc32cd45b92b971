-- Return the first day whose figures can be counted anew from the entries: what collections saved goes with them (docs/privacy.md).
-- A collection is asked for some weeks before it brings anything at most, so the days since its time was over need a margin.
-- Called by changed_figures and rebuild_figures. Definer, because it reads how long rows are kept; only the owner may execute
-- it.
create or replace function app.first_countable_day() returns date
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select app.paris_day(app.clock() - p.keeps) + 92 from app.retention_periods p where p.what = 'collections'
$$;
