-- Return a collection point that the caller may change, locked; raise EP404 for any other.
-- Called by edit_point, close_point and report_point. Owners and staff change the points of their shops and associations,
-- admins those of the platform and of everybody. Only the owner may execute it.
-- Locks: the point.
create or replace function app.point_to_change(point uuid) returns app.collection_points
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    found app.collection_points;
begin
    select p.* into found from app.collection_points p
    where p.id = point and p.closed_at is null
      and (app.caller_role() = 'admin' or p.shop_id = any (array(select app.shops_of(app.caller(), 'staff')))
           or p.association_id = any (array(select app.associations_of(app.caller(), 'staff'))))
    for update;
    if found.id is null then raise exception 'collection_point.not_found' using errcode = 'EP404'; end if;
    return found;
end $$;
