-- Freeze lots that a recall is of, with the free lots beside them, and queue a job per lot that ends its reservations and
-- another per shop that tells its merchant; return how many lots it froze, without those beside.
-- Called by issue_recall, take_recall_notice and decide_recall_notice. Lots that are over stay as they are; their holders
-- are told. Nobody is asked about any of them any more. Only the owner may execute it.
-- What of it was collected freezes as well (freeze_collected).
-- Locks: the lots in the order of ids, what admins are asked about them, then the collections in the order of ids.
create or replace function app.freeze_recalled(recall uuid, lots uuid[]) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := app.clock();
    frozen int := 0;
    lot    record;
    shop   record;
    ids    uuid[] := '{}';
begin
    for lot in
        select l.id, l.status, l.suspended_from from app.lots l join app.lot_stock k on k.lot_id = l.id
        where (l.id = any (lots) or l.suspended_from = any (lots))
          and l.status in ('draft', 'published', 'paused', 'ended', 'withdrawn')
        order by l.id for update of k, l
    loop
        if lot.status in ('draft', 'published', 'paused') then
            update app.lots l set status = 'recalled', published_at = coalesce(l.published_at, moment),
                version = l.version + 1
            where l.id = lot.id;
            frozen := frozen + (lot.suspended_from is null)::int;
        end if;
        perform app.defer('recalls.end_lot', jsonb_build_object('recall_id', recall, 'lot_id', lot.id));
        ids := ids || lot.id;
    end loop;
    update app.recall_matches m set decided_at = moment, decided_by = app.caller(), recalled = true
    where m.lot_id = any (ids) and m.decided_at is null;
    -- Merchants may have more of it on the shelf. The free lots beside theirs are none of what they listed.
    for shop in
        select l.shop_id as id, array_agg(l.id order by l.id) as listed
        from app.lots l where l.id = any (ids) and l.suspended_from is null group by l.shop_id order by l.shop_id
    loop
        perform app.defer('recalls.tell_shop', jsonb_build_object(
            'recall_id', recall, 'shop_id', shop.id, 'lot_ids', shop.listed));
    end loop;
    perform app.freeze_collected(recall, lots);
    return frozen;
end $$;
