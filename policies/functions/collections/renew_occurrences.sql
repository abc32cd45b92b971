-- Replace the requests that a changed recurring request has made and nobody has accepted yet. Requests that somebody has
-- accepted, or that the shop has cancelled, stay as they are.
-- Called by the acts that change recurring requests, which hold its lock. `day`: that day alone; null: all. Only the owner may
-- execute it.
-- Definer, because nobody may write collections. Locks: those of end_collections, then those of ask_recurring.
create or replace function app.renew_occurrences(series uuid, day date default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    open_ uuid[] := array(
        select c.id from app.collection_occurrences o join app.collections c on c.id = o.collection_id
        where o.series_id = series and (renew_occurrences.day is null or o.day = renew_occurrences.day)
          and c.status = 'requested');
begin
    perform app.end_collections(open_, 'series_changed');
    -- Those that were accepted while we waited for them are not cancelled.
    delete from app.collection_occurrences o
    where o.series_id = series and (renew_occurrences.day is null or o.day = renew_occurrences.day)
      and (o.collection_id is null
           or exists (select from app.collections c
                      where c.id = o.collection_id and c.id = any (open_) and c.status = 'cancelled'));
    perform app.ask_recurring(1, series);
end $$;
