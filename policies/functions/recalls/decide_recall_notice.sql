-- Decide about lots that a recall notice may name: recall them, or leave them on offer. Return how many lots were decided.
-- Called by POST /v1/admin/recall-notices/{recall_notice_id}/decide, as an admin. No `lots`: all that still wait.
-- Lots of one trade number are one recall, which says the notice's reason.
-- Definer, because it freezes everybody's lots. Only an admin gets through.
-- Locks: if they are recalled, the lots in the order of ids; then the notice's matches.
create or replace function app.decide_recall_notice(notice uuid, recall boolean, lots uuid[]) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    named  app.recall_notices;
    chosen uuid[];
    trade  record;
    issued uuid;
begin
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    select * into named from app.recall_notices n where n.id = decide_recall_notice.notice;
    if not found then raise exception 'recall_notice.not_found' using errcode = 'EP404'; end if;
    if exists (select from unnest(decide_recall_notice.lots) as x (id)
               where not exists (select from app.recall_matches m where m.notice_id = named.id and m.lot_id = x.id)) then
        raise exception 'recall_notice.lot_unknown' using errcode = 'EP422';
    end if;
    if decide_recall_notice.recall then
        -- All lots are locked before the first one is frozen, so that they are locked in the order of ids.
        chosen := array(
            select m.lot_id from app.recall_matches m
            where m.notice_id = named.id and m.decided_at is null
              and (cardinality(decide_recall_notice.lots) = 0 or m.lot_id = any (decide_recall_notice.lots)));
        perform from app.lots l join app.lot_stock k on k.lot_id = l.id
        where l.id = any (chosen) or l.suspended_from = any (chosen) order by l.id for update of k, l;
    end if;
    chosen := array(
        select m.lot_id from app.recall_matches m
        where m.notice_id = named.id and m.decided_at is null
          and (cardinality(decide_recall_notice.lots) = 0 or m.lot_id = any (decide_recall_notice.lots))
        order by m.lot_id for update);
    -- Another admin was faster: what they decided stands, and nothing of this decision is done.
    if cardinality(chosen) = 0
       or cardinality(chosen) < (select count(distinct x) from unnest(decide_recall_notice.lots) as x) then
        raise exception 'recall_notice.decided' using errcode = 'EP409';
    end if;
    update app.recall_matches m
    set decided_at = app.clock(), decided_by = app.caller(), recalled = decide_recall_notice.recall
    where m.notice_id = named.id and m.lot_id = any (chosen);
    perform app.note('recall_notice.decided', 'recall_notice', named.id, jsonb_build_object(
        'notice', named.number, 'recall', decide_recall_notice.recall, 'lots', cardinality(chosen)));
    if decide_recall_notice.recall then
        for trade in
            select l.gtin, array_agg(l.id order by l.id) as ids from app.lots l where l.id = any (chosen)
            group by l.gtin order by l.gtin
        loop
            insert into app.recalls (gtin, reason, issued_by, issued_at, notice_id)
            values (trade.gtin, named.reason, app.caller(), app.clock(), named.id) returning id into issued;
            perform app.freeze_recalled(issued, trade.ids);
            perform app.note('recall.issued', 'recall', issued, jsonb_build_object(
                'gtin', trade.gtin, 'lots', cardinality(trade.ids), 'notice', named.number));
        end loop;
    end if;
    return cardinality(chosen);
end $$;
grant execute on function app.decide_recall_notice(uuid, boolean, uuid[]) to authenticated;
