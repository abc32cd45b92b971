-- Return what planning needs to know of a collection.
-- Called by begin_plan and tour_to_reorder. Only the owner may execute it.
create or replace function app.planned_collection(c app.collections) returns json
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select json_build_object(
        'id', c.id, 'version', c.version, 'opens', c.window_start, 'closes', c.window_end, 'grams', c.grams,
        'crates', c.crates, 'portions', c.portions, 'cold', c.cold <> 'none', 'eaten_by', c.food_date_ends_at,
        'professional', c.carrier = 'professional',
        'start', (select app.planned_place(p) from app.collection_points p where p.id = c.from_point),
        'end', (select app.planned_place(p) from app.collection_points p where p.id = c.to_point))
$$;
