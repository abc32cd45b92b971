-- Take a collection out of the tour that it is in, proposed ones included: its tasks end there, and it is accepted again if it
-- was scheduled. A tour that has not begun and has nothing left is cancelled, and its collector told.
-- Called by acts that postpone or cancel a collection, or that answer an incident; they hold the collection. A collection in
-- no tour stays as it is. Only the owner may execute it. Locks: the collection, then its tour.
create or replace function app.unschedule(collection uuid, code text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    inside uuid;
begin
    perform from app.collections c where c.id = collection for update;
    select k.tour_id into inside from app.stop_tasks k where k.collection_id = collection and k.living limit 1;
    if inside is null then return; end if;
    perform from app.tours t where t.id = inside for update;
    perform app.free_collections(inside, array[collection], null, code);
    update app.stop_tasks k set living = false where k.collection_id = collection and k.living;
    update app.tours t set version = t.version + 1, sequence = t.sequence + 1,
        status = case when t.status in ('proposed', 'accepted')
                           and not exists (select from app.stop_tasks k where k.tour_id = inside and k.living)
                      then 'cancelled' else t.status end
    where t.id = inside;
    perform app.tell_of_tour(t, 'tour_cancelled') from app.tours t where t.id = inside and t.status = 'cancelled';
end $$;
