-- Return the ids of the points that the caller's collections come from or go to.
-- Called by the policy of app.collection_points. Definer for the same reason as collections_seen_by. It returns ids only.
create or replace function app.points_of_collections(account uuid) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select p.id from app.collections c cross join lateral (values (c.from_point), (c.to_point)) p (id)
                 where c.id = any (array(select app.collections_seen_by(account)))
                   and c.status in ('requested', 'accepted', 'scheduled', 'taken', 'delivered') and p.id is not null;
end $$;
grant execute on function app.points_of_collections(uuid) to authenticated;
