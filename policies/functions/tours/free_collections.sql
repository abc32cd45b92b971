-- Take collections out of a tour: what was scheduled is accepted again. Those in other states stay as they are.
-- `why` in somebody's words, or `code` for a reason of the program.
-- Called by decline_tour (which keeps the tasks, so that another collector can take the tour), cancel_tour and unschedule,
-- which hold the collections and the tour. Only the owner may execute it.
create or replace function app.free_collections(tour uuid, freed uuid[], why text, code text default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    with back as (
        update app.collections c set status = 'accepted', version = c.version + 1, changed_at = app.clock()
        where c.id = any (freed) and c.status = 'scheduled'
        returning c.id
    )
    insert into app.collection_changes (collection_id, at, by_account, change, details)
    select b.id, app.clock(), app.caller(), 'unscheduled', jsonb_strip_nulls(
        jsonb_build_object('tour_id', tour, 'reason', why, 'reason_code', code))
    from back b;
end $$;
