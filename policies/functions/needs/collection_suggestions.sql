-- Return who should receive a collection, with reasons, as JSON: those that fit first, the best before the others.
-- Called by GET /v1/collections/{collection_id}/suggestions, by an admin, or by owner or staff of the association that it is
-- offered to or that accepted it. An association that is not public is named to admins alone, and to itself.
-- Definer, because suggestions_for compares associations.
create or replace function app.collection_suggestions(collection uuid) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    own uuid[] := array(select app.associations_of(app.caller(), 'staff'));
begin
    if not exists (select from app.collections c where c.id = collection
                     and (app.caller_role() = 'admin' or c.association_id = any (own))) then
        raise exception 'collection.not_found' using errcode = 'EP404';
    end if;
    return (select coalesce(json_agg(json_build_object(
                'association_id', s.association_id, 'name', s.name, 'fits', s.hinders = '{}', 'score', s.score,
                'hinders', s.hinders, 'distance_m', s.distance_m,
                'capacity_left_grams', s.facts -> 'capacity_left_grams',
                'received_30_days_grams', s.facts -> 'received_30_days_grams', 'lacks', s.facts -> 'lacks')
                order by s.hinders = '{}' desc, s.score desc, s.association_id), '[]')
            from app.suggestions_for(collection) s join app.associations a on a.id = s.association_id
            where app.caller_role() = 'admin' or a.is_public or a.id = any (own));
end $$;
grant execute on function app.collection_suggestions(uuid) to authenticated;
