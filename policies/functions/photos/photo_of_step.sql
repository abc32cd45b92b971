-- Return whether a collector's step shows a photo and the caller may see it: its collector, the tour's operator, an admin,
-- and those whose collection the step is about.
-- Called by a policy of photos. Definer, because that policy applies while tours have policies of their own. It returns
-- nothing of them.
create or replace function app.photo_of_step(photo uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return exists (
        select from app.tour_steps s
        where s.photo_id = photo
          and (app.caller_role() = 'admin'
               or s.tour_id in (select app.tours_seen_by(app.caller()))
               or s.collection_id in (select app.collections_seen_by(app.caller()))));
end $$;
grant execute on function app.photo_of_step(uuid) to authenticated;
