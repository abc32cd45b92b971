-- Take what a collector reports from a stop of their tour, and return it with what it came to (step_answer). A step sent
-- again is answered again; another content with the same id is step.other_content. Steps come late and in any order: one
-- that cannot be understood yet waits, and counts once others have come.
-- Called by POST /v1/tours/{tour_id}/stops/{number}/steps. `at` is the collector's clock: at most 72 hours ago, and at most
-- five minutes ahead of ours.
-- Definer, because nobody may write steps; it lets through only the collector of the tour.
-- Locks: the collections of the tour in the order of ids, the tour, its stops, heads of chains, the photo
-- (policies/LOCKS.md).
create or replace function app.take_step(
    tour uuid, number int, step uuid, kind text, at timestamptz, collection uuid, details jsonb, photo uuid, fingerprint bytea)
returns jsonb language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    me       uuid := app.caller();
    moment   timestamptz := app.clock();
    carried  uuid[];
    status   text;
    earlier  app.tour_steps;
begin
    carried := array(select distinct k.collection_id from app.stop_tasks k where k.tour_id = take_step.tour order by 1);
    perform from app.collections c where c.id = any (carried) order by c.id for update;
    select t.status into status from app.tours t where t.id = take_step.tour and t.collector_id = me for update;
    if not found then raise exception 'tour.not_found' using errcode = 'EP404'; end if;
    if carried <> array(select distinct k.collection_id from app.stop_tasks k where k.tour_id = take_step.tour order by 1) then
        raise exception 'try_again' using errcode = 'EP503';  -- the tour changed while we waited
    end if;

    select s.* into earlier from app.tour_steps s where s.id = step;
    if found then
        if (earlier.tour_id, earlier.number, earlier.fingerprint) is distinct from
           (take_step.tour, take_step.number, take_step.fingerprint) then
            raise exception 'step.other_content' using errcode = 'EP409';
        end if;
        return app.step_answer(step);
    end if;
    if status not in ('accepted', 'under_way', 'done') then
        raise exception 'tour.not_under_way' using errcode = 'EP409';
    end if;
    if not exists (select from app.tour_stops p where p.tour_id = take_step.tour and p.number = take_step.number) then
        raise exception 'tour.no_such_stop' using errcode = 'EP404';
    end if;
    if at > moment + interval '5 minutes' then raise exception 'step.in_the_future' using errcode = 'EP422'; end if;
    if at < moment - interval '72 hours' then raise exception 'step.too_old' using errcode = 'EP422'; end if;

    insert into app.tour_steps
        (id, tour_id, number, collection_id, kind, at, received_at, by_account, details, photo_id, fingerprint)
    values (step, tour, number, (select c.id from unnest(carried) as c (id) where c.id = take_step.collection), kind, at, moment,
            me, details || jsonb_strip_nulls(jsonb_build_object('collection_id', collection)), photo, fingerprint);
    -- The telephone that was offline had begun the tour. Stops of a tour under way are not put into another order.
    update app.tours t set status = 'under_way', started_at = moment, version = t.version + 1
    where t.id = tour and t.status = 'accepted'
      and not exists (select from app.tours o where o.collector_id = t.collector_id and o.status = 'under_way');
    perform app.fold_tour(tour);
    if kind = 'incident' or details ? 'degrees' then perform app.tell_of_step(step); end if;
    if photo is not null then
        update app.photos p set used = true
        where p.id = photo and p.account_id = me and p.status = 'kept'
          and (not p.used or exists (select from app.tour_steps s where s.tour_id = take_step.tour and s.photo_id = p.id
                                     and s.id <> step));
        if not found then raise exception 'step.photo_unknown' using errcode = 'EP422'; end if;
    end if;
    return app.step_answer(step);
end $$;
grant execute on function app.take_step(uuid, int, uuid, text, timestamptz, uuid, jsonb, uuid, bytea) to authenticated;
