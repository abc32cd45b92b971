-- Keep a notice of the public recall feed and recall what it certainly names: freeze those lots, and ask the admins about
-- lots that it may name. Return the notice, the number of lots frozen and of lots asked about; all null if the notice names
-- nothing that is not known already.
-- Called by the worker's job recalls.read_feed, once per notice and reading. `items` is a JSON array of
-- {key, gtin, covers, batch, food_from, food_until}; `key` is a hash of the others.
-- All of it is one transaction: a worker that dies keeps either nothing of a notice, which the next reading brings again, or
-- all of it and the queued jobs that tell its holders. A corrected notice is compared only in what it names anew; a lot that
-- an admin left on offer is asked about again then.
-- Definer, because it freezes everybody's lots; only the worker may execute it.
-- Locks: an advisory lock on the notice, those on its trade numbers in their order, the lots in the order of ids
-- (freeze_recalled), then the matches.
create or replace function app.take_recall_notice(
    number text, version int, published_at timestamptz, title text, brand text, reason text, advice text, link text,
    items jsonb, out notice uuid, out frozen int, out asked int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    feed      constant text := 'rappelconso';  -- who acts, in the audit log
    moment    timestamptz := app.clock();
    published timestamptz := least(take_recall_notice.published_at, moment);
    fades     timestamptz := published + interval '180 days';
    kept      app.recall_notices;
    fresh     text[];
    item      app.recall_items;
    trades    text[];
    trade     text;
    certain   uuid[];
    chosen    uuid[];
    issued    uuid;
    now_done  int;
begin
    perform pg_advisory_xact_lock(hashtextextended('recall notice ' || take_recall_notice.number, 0));
    select * into kept from app.recall_notices n where n.number = take_recall_notice.number;
    fresh := array(
        select x.key from jsonb_to_recordset(items) as x (key text)
        where not exists (select from app.recall_items i where i.notice_id = kept.id and i.key = x.key));
    if kept.id is not null and cardinality(fresh) = 0 then return; end if;
    perform set_config('app.acting', feed, true);

    insert into app.recall_notices as n
        (number, version, published_at, title, brand, reason, advice, link, names, fades_at, read_at)
    values (take_recall_notice.number, take_recall_notice.version, published, take_recall_notice.title,
            take_recall_notice.brand, take_recall_notice.reason, take_recall_notice.advice, take_recall_notice.link,
            app.words_of_notice(take_recall_notice.brand, take_recall_notice.title)::text, fades, moment)
    on conflict on constraint recall_notices_number_key do update
    set version = greatest(n.version, excluded.version), published_at = excluded.published_at, title = excluded.title,
        brand = excluded.brand, reason = excluded.reason, advice = excluded.advice, link = excluded.link,
        names = excluded.names, fades_at = excluded.fades_at, read_at = excluded.read_at
    returning n.id into notice;

    -- Waits for publications under way; those that begin from now on are refused, or compared with this notice.
    trades := array(
        select distinct x.gtin from jsonb_to_recordset(items) as x (key text, gtin text)
        where x.key = any (fresh) and x.gtin is not null order by x.gtin);
    foreach trade in array trades loop
        perform pg_advisory_xact_lock(hashtextextended('recall ' || trade, 0));
    end loop;
    insert into app.recall_items (notice_id, key, gtin, covers, batch, food_from, food_until, fades_at)
    select notice, x.key, x.gtin, x.covers, x.batch, x.food_from, x.food_until, fades
    from jsonb_to_recordset(items) as x (key text, gtin text, covers text, batch text, food_from date, food_until date)
    where x.key = any (fresh)
    on conflict do nothing;

    -- All lots are locked before the first one is frozen, so that they are locked in the order of ids.
    certain := array(
        select l.id from app.lots l join app.lot_stock k on k.lot_id = l.id
        where l.gtin = any (trades) and app.may_still_be_eaten(l)
          and exists (select from app.recall_items i
                      where i.notice_id = notice and i.key = any (fresh) and i.gtin = l.gtin
                        and app.match_item(i, l.batch, l.food_date) = 'exact')
          and not exists (select from app.recall_matches m where m.notice_id = notice and m.lot_id = l.id and m.recalled)
        order by l.id for update of k, l);
    frozen := 0;
    for item in
        select * from app.recall_items i where i.notice_id = notice and i.key = any (fresh) order by i.gtin, i.key
    loop
        chosen := array(
            select l.id from app.lots l
            where l.id = any (certain) and l.gtin = item.gtin and app.match_item(item, l.batch, l.food_date) = 'exact'
              and not exists (select from app.recall_matches m
                              where m.notice_id = notice and m.lot_id = l.id and m.recalled));
        -- Food that was collected, and was never in a lot, is recalled too.
        continue when cardinality(chosen) = 0 and not exists (
            select from app.collection_items c
            where c.gtin = item.gtin and app.match_item(item, c.batch, c.food_date) = 'exact');
        insert into app.recalls (gtin, batch, reason, issued_at, notice_id)
        values (item.gtin, item.batch, take_recall_notice.reason, moment, notice) returning id into issued;
        insert into app.recall_matches as m (notice_id, lot_id, because, found_at, decided_at, recalled)
        select notice, x.id, 'exact', moment, moment, true from unnest(chosen) as x (id)
        on conflict on constraint recall_matches_pkey do update
        set because = 'exact', decided_at = moment, decided_by = null, recalled = true;
        now_done := app.freeze_recalled(issued, chosen);
        frozen := frozen + now_done;
        perform app.note('recall.issued', 'recall', issued, jsonb_build_object(
            'gtin', item.gtin, 'lots', now_done, 'notice', take_recall_notice.number));
    end loop;

    with possible as (
        select distinct on (l.id) l.id, app.match_item(i, l.batch, l.food_date) as because
        from app.recall_items i
        join app.lots l on l.gtin = i.gtin and l.suspended_from is null and l.status <> 'draft' and app.may_still_be_eaten(l)
        where i.notice_id = notice and i.key = any (fresh)
          and app.match_item(i, l.batch, l.food_date) in ('batch_missing', 'batch_unreadable', 'date_missing')
        order by l.id, 2)
    insert into app.recall_matches as m (notice_id, lot_id, because, found_at)
    select notice, p.id, p.because, moment from possible p order by p.id
    on conflict on constraint recall_matches_pkey do update
    set because = excluded.because, found_at = excluded.found_at, decided_at = null, decided_by = null, recalled = null
    where m.recalled = false;
    get diagnostics asked = row_count;
    asked := asked + app.ask_by_name(notice);
    if asked > 0 then perform app.ask_admins(notice); end if;
end $$;
grant execute on function app.take_recall_notice(text, int, timestamptz, text, text, text, text, text, jsonb) to ecopanier_worker;
