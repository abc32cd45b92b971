-- Change the window of a collection that nobody has taken yet; it leaves its tour, if it is in one.
-- Called by POST /v1/collections/{collection_id}/postpone, as an operator, or as who gives while nobody has accepted it.
-- The same window again changes nothing.
-- Raises EP409 once it is taken or over; what require_collection_window and require_food_law raise.
-- Definer, because nobody may write collections. Locks: the collection, then its tour (unschedule).
create or replace function app.postpone_collection(
    collection uuid, starts timestamptz, ends timestamptz, why text, versions int[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    c    app.collections := app.see_collection(collection, false, versions);
    part text := app.part_in_collection(c);
begin
    if not coalesce(part in ('association', 'admin') or part in ('shop', 'giver') and c.status = 'requested', false) then
        raise exception 'access.forbidden' using errcode = 'EP403';
    end if;
    if (c.window_start, c.window_end) = (starts, ends) then return; end if;
    perform app.require_state(c, 'requested', 'accepted', 'scheduled');
    perform app.require_collection_window(starts, ends);
    perform app.require_food_law(collection, c.association_id, ends);
    update app.collections x set window_start = starts, window_end = ends, reason = why, reason_code = null where x.id = collection;
    perform app.change_collection(collection, 'postponed', null, jsonb_build_object(
        'reason', why, 'from', c.window_start, 'until', c.window_end, 'window_start', starts, 'window_end', ends));
    -- Before it leaves its tour, proposed or accepted, so that the collector is told too.
    perform app.tell_of_collection(collection, 'collection_postponed');
    perform app.unschedule(collection, 'postponed');
end $$;
grant execute on function app.postpone_collection(uuid, timestamptz, timestamptz, text, int[]) to authenticated;
