-- Accept a tour that the caller was offered, or take one that is open to all. Its collections are then scheduled, and those
-- whom they concern are told who comes and when. A collection that is not accepted any more leaves the tour.
-- Called by POST /v1/tours/{tour_id}/accept, as a verified collector. Of two who take an open
-- tour, one gets it. A tour that was never open does not exist for others.
-- Definer, because no role may write tours or collections. Locks: as hold_tour.
create or replace function app.accept_tour(tour uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    me    uuid := app.caller();
    held  app.tours;
    taken uuid;
begin
    if not exists (select from app.collectors c where c.id = me and c.status = 'verified') then
        raise exception 'access.forbidden' using errcode = 'EP403';
    end if;
    held := app.hold_tour(tour);
    if held.id is null or held.collector_id is distinct from me and held.opened_at is null then
        raise exception 'tour.not_found' using errcode = 'EP404';
    end if;
    if held.status = 'accepted' and held.collector_id = me then return; end if;
    if held.status <> 'proposed' then raise exception 'tour.not_open' using errcode = 'EP409'; end if;
    if held.ends_at < app.clock() then raise exception 'tour.over' using errcode = 'EP409'; end if;
    if exists (select from app.tours o
               where o.collector_id = me and o.id <> tour and o.status in ('accepted', 'under_way')
                 and o.begins_at < held.ends_at and o.ends_at > held.begins_at) then
        raise exception 'tour.at_the_same_time' using errcode = 'EP409';
    end if;
    update app.stop_tasks k set living = false
    where k.tour_id = tour and k.living
      and not exists (select from app.collections c where c.id = k.collection_id and c.status = 'accepted');
    if not exists (select from app.stop_tasks k where k.tour_id = tour and k.living) then
        raise exception 'tour.empty' using errcode = 'EP409';
    end if;
    update app.tours t set collector_id = me, status = 'accepted', accepted_at = app.clock(), reason = null,
        version = t.version + 1, sequence = t.sequence + 1
    where t.id = tour;
    for taken in select distinct k.collection_id from app.stop_tasks k where k.tour_id = tour and k.living order by 1 loop
        update app.collections c set status = 'scheduled', version = c.version + 1, changed_at = app.clock()
        where c.id = taken;
        insert into app.collection_changes (collection_id, at, by_account, change, details)
        values (taken, app.clock(), me, 'scheduled', jsonb_build_object('tour_id', tour));
        perform app.tell_of_collection(taken, 'collection_scheduled');
    end loop;
    perform app.note('tour.accepted', 'tour', tour);
end $$;
grant execute on function app.accept_tour(uuid) to authenticated;
