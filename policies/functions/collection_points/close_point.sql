-- Close a depot or a relay; once more changes nothing.
-- Called by DELETE /v1/collection-points/{point_id}. The points of shops and associations close with them. One that open
-- collections come from or go to stays. People who work there are not named there any more.
-- Definer, because no role may write points. Locks: the point.
create or replace function app.close_point(point uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    closing app.collection_points := app.point_to_change(point);
begin
    if closing.kind in ('shop', 'association') then
        raise exception 'collection_point.follows' using errcode = 'EP409';
    end if;
    if exists (select from app.collections c
               where point in (c.from_point, c.to_point)
                 and c.status in ('requested', 'accepted', 'scheduled', 'taken', 'delivered')) then
        raise exception 'collection_point.in_use' using errcode = 'EP409';
    end if;
    update app.collection_points p
    set closed_at = app.clock(), contacts = '[]', access = '', version = p.version + 1 where p.id = point;
    perform app.note('collection_point.closed', 'collection_point', point);
end $$;
grant execute on function app.close_point(uuid) to authenticated;
