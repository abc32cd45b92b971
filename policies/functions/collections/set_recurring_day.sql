-- Set what is different about one day of a recurring request: skipped, or other hours; neither: as usual again.
-- Called by PUT and DELETE /v1/recurring-collections/{series_id}/days/{day}. A request of that day that somebody has accepted
-- stays as it is.
-- Definer, because nobody may write recurring requests. Locks: the recurring request, then those of renew_occurrences.
create or replace function app.set_recurring_day(
    series uuid, wanted_day date, wanted_skipped boolean, wanted_opens time, wanted_closes time) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.own_series(series);
    if wanted_skipped or wanted_opens is not null then
        insert into app.recurring_collection_days (series_id, day, skipped, opens, closes)
        values (series, wanted_day, wanted_skipped, wanted_opens, wanted_closes)
        on conflict on constraint recurring_collection_days_pkey do update
        set skipped = excluded.skipped, opens = excluded.opens, closes = excluded.closes;
    else
        delete from app.recurring_collection_days d where d.series_id = series and d.day = wanted_day;
    end if;
    perform app.renew_occurrences(series, wanted_day);
end $$;
grant execute on function app.set_recurring_day(uuid, date, boolean, time, time) to authenticated;
