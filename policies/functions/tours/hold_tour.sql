-- Lock a tour with the collections that it takes, and return the tour; null if there is none with this id.
-- Called by accept_tour, decline_tour, start_tour, close_tour, cancel_tour and reorder_tour. Only the owner may execute it.
-- Locks: the collections in the order of ids, then the tour. If one came or went meanwhile, raises try_again.
create or replace function app.hold_tour(tour uuid) returns app.tours
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    held        app.tours;
    collections uuid[] := array(select distinct k.collection_id from app.stop_tasks k
                                where k.tour_id = tour and k.living order by 1);
begin
    perform from app.collections c where c.id = any (collections) order by c.id for update;
    select * into held from app.tours t where t.id = tour for update;
    if collections is distinct from array(select distinct k.collection_id from app.stop_tasks k
                                          where k.tour_id = tour and k.living order by 1) then
        raise exception 'try_again' using errcode = 'EP503';
    end if;
    return held;
end $$;
