-- Trigger: keep in mind that somebody dropped out of a tour, so that their calendar says it is cancelled for them.
-- Fires after a tour's collector changed (policies/tables/calendars.sql). Only for those who have a calendar; what is over
-- for more than 30 days is forgotten. Definer, because nobody may write calendars. Locks: the calendar, under the tour.
create or replace function app.keep_left_tour() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.calendars c
    set left_tours = (
        select coalesce(jsonb_agg(l), '[]') from jsonb_array_elements(c.left_tours) l
        where l ->> 'id' <> old.id::text and (l ->> 'ends_at')::timestamptz > app.clock() - interval '30 days')
        || jsonb_build_object('id', old.id, 'sequence', greatest(new.sequence, old.sequence + 1),
                              'begins_at', old.begins_at, 'ends_at', old.ends_at)
    where c.account_id = old.collector_id;
    return null;
end $$;
