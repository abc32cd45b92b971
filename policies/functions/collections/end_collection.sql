-- Cancel a collection that nobody has taken yet, whoever asks for it: its portions go back to their lots, it leaves its tour,
-- and everyone is told why: `why` in somebody's words, or `code` for a reason of the program, which each reader reads in
-- their own language.
-- Called by cancel_collection, and by what ends a shop, an association or food. Only the owner may execute it.
-- Definer, because nobody may write collections or stock. Locks: the stock of its lots and the collection, which the caller
-- holds already; then its tour (unschedule).
create or replace function app.end_collection(c app.collections, why text, code text default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.give_stock_back(c.id);
    update app.collections x set reason = why, reason_code = code where x.id = c.id;
    -- Before it leaves its tour, proposed or accepted, so that the collector is told too.
    perform app.tell_of_collection(c.id, 'collection_cancelled');
    perform app.unschedule(c.id, 'cancelled');
    perform app.change_collection(c.id, 'cancelled', 'cancelled',
        jsonb_strip_nulls(jsonb_build_object('reason', why, 'reason_code', code)));
end $$;
