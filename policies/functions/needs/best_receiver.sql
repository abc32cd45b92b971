-- Return the association that fits a collection best, and whether it accepts by itself; null if none fits.
-- Called by the acts that make and refuse collections, which then offer it. Only the owner may execute it.
create or replace function app.best_receiver(collection uuid, out association_id uuid, out automatic boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.association_id, n.decides = 'automatic'
    from app.suggestions_for(collection) s join app.association_needs n on n.association_id = s.association_id
    where s.hinders = '{}' and app.setting_int('collections_offered_automatically') = 1
    order by s.score desc, s.distance_m, s.association_id limit 1
$$;
