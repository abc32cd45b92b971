-- Return what is told of a tour apart from its stops.
-- Called by tour_page and tours_on. Only the owner may execute it.
create or replace function app.tour_told(t app.tours) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select jsonb_build_object(
        'id', t.id, 'day', t.day, 'status', t.status, 'collector_id', t.collector_id,
        'collector', (select a.display_name from app.accounts a where a.id = t.collector_id),
        'association_id', t.association_id, 'planner', t.planner, 'begins_at', t.begins_at, 'ends_at', t.ends_at,
        'metres', t.metres, 'driven_metres', t.driven_metres, 'reason', t.reason, 'accepted_at', t.accepted_at,
        'started_at', t.started_at, 'done_at', t.done_at, 'closed_at', t.closed_at,
        'collections', (select count(*) from app.stop_tasks k where k.tour_id = t.id and k.kind = 'take' and k.living),
        'grams', (select coalesce(sum(c.grams), 0) from app.stop_tasks k join app.collections c on c.id = k.collection_id
                  where k.tour_id = t.id and k.kind = 'take' and k.living))
$$;
