-- Open one tour that has not ended to all collectors, whose collector is gone: suspended, erased, or not verified any more.
-- Its collections are then accepted but not scheduled, and who operates it is told. Return whether there was one.
-- Called by the worker every 5 seconds; one tour a transaction, so that it locks in the order of all.
-- Definer, because the worker may write no tours; only the worker may execute it. Locks: as hold_tour.
create or replace function app.reopen_tour() returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    gone uuid := (
        select t.id from app.tours t
        where t.day >= (app.clock() at time zone 'UTC')::date - 1 and t.ends_at > app.clock() and t.status in ('proposed', 'accepted')
          and t.collector_id is not null
          and not exists (select from app.collectors c join app.accounts a on a.id = c.id
                          where c.id = t.collector_id and c.status = 'verified' and a.status = 'active')
        order by t.begins_at, t.id limit 1);
    held app.tours;
begin
    if gone is null then return false; end if;
    held := app.hold_tour(gone);
    if held.status is null or held.status not in ('proposed', 'accepted') then return false; end if;
    update app.tours t set collector_id = null, status = 'proposed', accepted_at = null,
        opened_at = coalesce(t.opened_at, app.clock()), version = t.version + 1, sequence = t.sequence + 1
    where t.id = gone;
    perform app.free_collections(gone, array(select k.collection_id from app.stop_tasks k
                                             where k.tour_id = gone and k.living), null, 'collector_gone');
    perform app.tell_of_tour(t, 'tour_open') from app.tours t where t.id = gone;
    return true;
exception when sqlstate 'EP503' then
    return false;  -- a collection came or went meanwhile: the next time
end $$;
grant execute on function app.reopen_tour() to ecopanier_worker;
