-- Update the stops, tasks, collections and items of a tour from its steps, and append what is new to the chains of
-- custody. A collection that was received, refused or cancelled, or that is in another tour now, stays as
-- it is. One that left the tour by an incident returns if a later step says that it was taken after all.
-- Called by take_step, which holds the locks. Definer, because nobody may write these; only the owner may execute it.
-- Locks: stops and tasks, the heads of chains; under the locks of the collections and the tour.
create or replace function app.fold_tour(tour uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    moment timestamptz := app.clock();
    fold   jsonb := app.steps_of_tour(tour);
    c      app.collections;
    ends   jsonb;
    target text;
    step   uuid;
    why    text;
    entry  record;
begin
    update app.tour_stops p
    set state = f.value ->> 'state', arrived_at = (f.value ->> 'arrived_at')::timestamptz,
        ended_at = (f.value ->> 'ended_at')::timestamptz
    from jsonb_each(fold -> 'stops') f
    where p.tour_id = fold_tour.tour and p.number = f.key::int
      and (p.state, p.arrived_at, p.ended_at) is distinct from
          (f.value ->> 'state', (f.value ->> 'arrived_at')::timestamptz, (f.value ->> 'ended_at')::timestamptz);

    for c in
        select x.* from app.collections x
        where x.id in (select k.collection_id from app.stop_tasks k
                       where k.tour_id = fold_tour.tour and (k.living or k.ended_by is not null))
        order by x.id
    loop
        ends := fold -> 'collections' -> c.id::text;
        if exists (select from app.stop_tasks k where k.tour_id = fold_tour.tour and k.collection_id = c.id and k.living) then
            continue when c.status not in ('scheduled', 'taken', 'delivered');
        else
            continue when c.status not in ('accepted', 'failed')
                or exists (select from app.stop_tasks k where k.collection_id = c.id and k.living);
        end if;

        case ends #>> '{take,follows}'
            when 'done' then target := case when ends #>> '{leave,follows}' = 'done' then 'delivered' else 'taken' end;
            when 'unschedule' then target := 'accepted';
            when 'fail' then target := 'failed';
            else target := 'scheduled';
        end case;
        step := (ends #>> '{take,step}')::uuid;
        why := ends #>> '{take,reason}';

        update app.stop_tasks k
        set living = target not in ('accepted', 'failed'), ended_by = case when target in ('accepted', 'failed') then step end
        where k.tour_id = fold_tour.tour and k.collection_id = c.id
          and (k.living, k.ended_by) is distinct from
              (target not in ('accepted', 'failed'), case when target in ('accepted', 'failed') then step end);

        update app.collection_items i
        set taken_grams = f.taken_grams, taken_crates = f.taken_crates, taken_portions = f.taken_portions,
            left_grams = f.left_grams, left_crates = f.left_crates, left_portions = f.left_portions,
            frozen_because = case when i.frozen_because = 'recalled' then 'recalled'
                                  when f.frozen_at is not null then 'cold_chain' end,
            frozen_at = case when i.frozen_because = 'recalled' then i.frozen_at else f.frozen_at end
        from (select r.key::uuid as id, v.* from jsonb_each(fold -> 'items') r
              cross join lateral jsonb_to_record(r.value) as v
                  (taken_grams int, taken_crates int, taken_portions int, left_grams int, left_crates int,
                   left_portions int, frozen_at timestamptz)) f
        where i.id = f.id and i.collection_id = c.id
          and (i.taken_grams, i.taken_crates, i.taken_portions, i.left_grams, i.left_crates, i.left_portions) is distinct from
              (f.taken_grams, f.taken_crates, f.taken_portions, f.left_grams, f.left_crates, f.left_portions)
           or i.id = f.id and i.collection_id = c.id and i.frozen_because is distinct from 'recalled'
              and i.frozen_at is distinct from f.frozen_at;

        if target <> c.status then
            if target = 'failed' or c.status = 'failed' then
                update app.collections x set reason_code = case target when 'failed' then why end,
                                             status = case when c.status = 'failed' then 'accepted' else x.status end
                where x.id = c.id;
            end if;
            perform app.change_collection(
                c.id, case target when 'accepted' then 'unscheduled' when 'scheduled' then 'reopened' else target end, target,
                jsonb_strip_nulls(jsonb_build_object(
                    'tour', tour, 'reason_code', why, 'happened_at',
                    case when target = 'delivered' then ends #> '{leave,at}' else ends #> '{take,at}' end)));
            if target in ('taken', 'delivered') and c.status <> 'delivered' then
                perform app.tell_of_collection(c.id, 'collection_' || target);
            end if;
        end if;
    end loop;

    for entry in
        select k.collection_id, s.id, s.kind, s.at, s.number, s.photo_id, s.details, p.point_id
        from app.tour_steps s
        join app.tour_stops p on p.tour_id = s.tour_id and p.number = s.number
        join app.stop_tasks k on k.tour_id = s.tour_id and (k.living or k.ended_by is not null)
            and case when s.kind = 'taken' then k.kind = 'take' when s.kind = 'left' then k.kind = 'leave'
                     else k.number = s.number end
            and coalesce(k.collection_id = coalesce(s.collection_id, (s.details ->> 'collection_id')::uuid),
                         k.number = s.number)
        where s.tour_id = fold_tour.tour and s.kind <> 'arrived'
          and not exists (select from app.custody_entries e
                          where e.collection_id = k.collection_id and e.kind = s.kind and e.source = s.id)
        order by k.collection_id, s.received_at, s.at, s.id
    loop
        perform app.add_custody(entry.collection_id, entry.kind, entry.id, entry.at, jsonb_build_object(
            'tour', tour, 'stop', entry.number, 'point', entry.point_id, 'photo', entry.photo_id,
            'items', entry.details -> 'items', 'degrees', entry.details -> 'degrees',
            'reason', entry.details #> '{incident,reason}', 'signed_by', entry.details #> '{signature,by}',
            'corrects', entry.details -> 'corrects'));
    end loop;

    update app.tours t set status = 'done', done_at = moment, started_at = coalesce(t.started_at, moment),
                           version = t.version + 1
    where t.id = fold_tour.tour and t.status in ('accepted', 'under_way')
      and not exists (
          select from jsonb_each(fold -> 'stops') f
          where (f.value ->> 'tasks')::int > 0 and f.value ->> 'state' not in ('done', 'failed'));
end $$;
