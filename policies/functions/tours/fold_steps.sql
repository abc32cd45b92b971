-- Return what a tour's steps come to, whatever the order in which they arrived: the state of each stop, how each
-- collection's taking and leaving ended, and what of each item was taken, left or is frozen, as JSON.
-- `tasks` are {number, collection_id, kind}; `items` {id, collection_id, grams, crates, portions, least, most}, the last two
-- in °C; `steps` {id, number, kind, at, collection_id, details}.
-- Of several steps about one task the latest by `at` counts, then the greatest id: so a finished stop can be corrected. A
-- step that another one `corrects` does not count at all. A step without a collection is about all tasks of its stop, an
-- accident about all that was not done before it. Without items, a step is about all that was asked; with items, those that
-- it does not name were not taken.
-- Called by fold_tour. It reads no table, so tests call it with values of their own.
create or replace function app.fold_steps(tasks jsonb, items jsonb, steps jsonb) returns jsonb
language sql stable set search_path = pg_catalog, pg_temp as $$
    with t as (
        select * from jsonb_to_recordset(tasks) as t (number int, collection_id uuid, kind text)
    ), i as (
        select * from jsonb_to_recordset(items) as i
            (id uuid, collection_id uuid, grams int, crates int, portions int, least numeric, most numeric)
    ), sent as (
        select s.*, s.details #>> '{incident,reason}' as reason
        from jsonb_to_recordset(steps) as s (id uuid, number int, kind text, at timestamptz, collection_id uuid, details jsonb)
    ), s as (
        select * from sent where not exists (select from sent c where c.details ->> 'corrects' = sent.id::text)
    ), said as (
        select t.collection_id, t.kind as task, s.id, s.at, s.kind, s.details, s.reason,
               case when s.kind <> 'incident' then 'done'
                    when s.details ? 'items' and app.what_follows(s.reason, t.kind) <> 'freeze' then 'note'
                    else app.what_follows(s.reason, t.kind) end as follows,
               s.kind = 'incident' and s.reason = 'accident' and s.collection_id is null as of_all
        from s join t on case
            when s.kind in ('taken', 'left') then
                t.kind = case s.kind when 'taken' then 'take' else 'leave' end
                and coalesce(t.collection_id = s.collection_id, t.number = s.number)
            when s.kind = 'incident' and s.reason = 'accident' and s.collection_id is null then true
            when s.kind = 'incident' then
                t.number = s.number and coalesce(t.collection_id = s.collection_id, true)
            else false end
    ), ended as (
        select distinct on (a.collection_id, a.task) a.* from said a
        where a.follows in ('done', 'unschedule', 'fail', 'hold')
          and not (a.of_all and exists (
              select from said b where b.collection_id = a.collection_id and b.task = a.task and b.follows = 'done'
                                   and (b.at, b.id) < (a.at, a.id)))
        order by a.collection_id, a.task, a.at desc, a.id desc
    ), taken as (
        select i.id, i.collection_id,
               case when not e.details ? 'items' then i.grams when l.item_id is null then i.grams * 0 else l.grams end as grams,
               case when not e.details ? 'items' then i.crates when l.item_id is null then i.crates * 0 else l.crates end
                   as crates,
               case when not e.details ? 'items' then i.portions when l.item_id is null then i.portions * 0
                    else l.portions end as portions
        from ended e join i on i.collection_id = e.collection_id
        left join lateral (
            select x.* from jsonb_to_recordset(e.details -> 'items') as x (item_id uuid, grams int, crates int, portions int)
            where x.item_id = i.id limit 1) l on true
        where e.kind = 'taken'
    ), leaving as (
        select i.id, i.collection_id,
               case when not e.details ? 'items' then case when k.id is null then i.grams else k.grams end
                    when l.item_id is null then i.grams * 0 else l.grams end as grams,
               case when not e.details ? 'items' then case when k.id is null then i.crates else k.crates end
                    when l.item_id is null then i.crates * 0 else l.crates end as crates,
               case when not e.details ? 'items' then case when k.id is null then i.portions else k.portions end
                    when l.item_id is null then i.portions * 0 else l.portions end as portions
        from ended e join i on i.collection_id = e.collection_id left join taken k on k.id = i.id
        left join lateral (
            select x.* from jsonb_to_recordset(e.details -> 'items') as x (item_id uuid, grams int, crates int, portions int)
            where x.item_id = i.id limit 1) l on true
        where e.kind = 'left'
    ), broken as (
        select distinct on (i.id) i.id, s.id as step, s.at, (s.details ->> 'degrees')::numeric as degrees
        from s
        join t on t.number = s.number and coalesce(t.collection_id = s.collection_id, true)
        join i on i.collection_id = t.collection_id
        where (s.kind not in ('temperature', 'incident') or not s.details ? 'items'
               or exists (select from jsonb_to_recordset(s.details -> 'items') as x (item_id uuid) where x.item_id = i.id))
          and case when s.kind = 'incident' then app.what_follows(s.reason, t.kind) = 'freeze'
                   else (s.details ->> 'degrees')::numeric > i.most or (s.details ->> 'degrees')::numeric < i.least end
        order by i.id, s.at, s.id
    ), looked as (
        select t.number, t.kind, e.follows, e.at,
               t.kind = 'leave' and coalesce(k.follows in ('unschedule', 'fail'), false) as void
        from t
        left join ended e on e.collection_id = t.collection_id and e.task = t.kind
        left join ended k on k.collection_id = t.collection_id and k.task = 'take'
    ), stops as (
        select n.number, coalesce(w.tasks, 0) as tasks, b.arrived_at,
               case when w.tasks > 0 and w.waiting = 0 then case when w.done > 0 then 'done' else 'failed' end
                    when b.arrived_at is null then 'ahead' when w.tasks > 0 then 'arrived' else 'done' end as state,
               w.ended_at
        from (select number from t union select number from s) n
        left join (
            select l.number, count(*) as tasks, count(*) filter (where not l.void and l.follows is null) as waiting,
                   count(*) filter (where l.follows = 'done') as done, max(l.at) as ended_at
            from looked l group by l.number) w on w.number = n.number
        left join (select s.number, min(s.at) as arrived_at from s where s.kind not in ('signature', 'photo')
                   group by s.number) b on b.number = n.number
    )
    select jsonb_build_object(
        'stops', (select coalesce(jsonb_object_agg(x.number::text, jsonb_build_object(
                      'tasks', x.tasks, 'state', x.state, 'arrived_at', x.arrived_at,
                      'ended_at', case when x.state in ('done', 'failed') then x.ended_at end)), '{}') from stops x),
        'collections', (select coalesce(jsonb_object_agg(x.collection_id, x.ends), '{}') from (
                            select e.collection_id, jsonb_object_agg(e.task, jsonb_build_object(
                                'follows', e.follows, 'at', e.at, 'step', e.id, 'reason', e.reason)) as ends
                            from ended e group by e.collection_id) x),
        'items', (select coalesce(jsonb_object_agg(i.id, jsonb_build_object(
                      'taken_grams', k.grams, 'taken_crates', k.crates, 'taken_portions', k.portions,
                      'left_grams', l.grams, 'left_crates', l.crates, 'left_portions', l.portions,
                      'frozen_at', b.at, 'degrees', b.degrees)), '{}')
                  from i left join taken k on k.id = i.id left join leaving l on l.id = i.id
                  left join broken b on b.id = i.id))
$$;
