-- Return the ids of the photos of lots that the caller reserved, whether they became free or not; nothing for any other
-- account.
-- Called by a policy of photos. Definer, because it reads lots that the caller may no longer see. It returns ids only.
create or replace function app.photos_reserved_by(account uuid) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select l.photo_id from app.reservations r join app.lots l on l.id = r.lot_id
                 where r.account_id = account and account = app.caller() and l.photo_id is not null
                   and app.came_to_something(r.purpose, r.status, r.ended_because);
end $$;
grant execute on function app.photos_reserved_by(uuid) to anon, authenticated;
