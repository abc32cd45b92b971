-- Recall food: freeze all lots that match, and queue a job per lot that ends its reservations; return the recall and
-- the number of lots. Another job per shop tells its merchant.
-- Called by recall_food, as an admin, and by `ecopanier recall` over the connection that migrates. Only the owner may
-- execute it.
-- From this transaction's end on nobody reserves, sells, hands over or publishes what matches. What follows for
-- holders is a job per lot, so that a recall of thousands of lots is as fast, and as complete, as one of a single lot.
-- A lot without a batch matches a recall of any batch.
-- Holders of lots that are over are told too if they may still have the food: the window ended in the last 30 days, or
-- the food's date has not passed.
-- Locks: an advisory lock on the trade number, then the lots in the order of ids.
create or replace function app.issue_recall(
    wanted_gtin text, wanted_batch text, why text, issuer uuid, out recall uuid, out lots int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := app.clock();
    lot    record;
    shop   record;
    ids    uuid[] := '{}';
begin
    -- Waits for publications under way; those that begin from now on are refused (refuse_recalled).
    perform pg_advisory_xact_lock(hashtextextended('recall ' || wanted_gtin, 0));
    insert into app.recalls (gtin, batch, reason, issued_by, issued_at)
    values (wanted_gtin, wanted_batch, why, issuer, moment) returning id into recall;

    lots := 0;
    for lot in
        select l.id, l.status, l.suspended_from from app.lots l join app.lot_stock k on k.lot_id = l.id
        where l.gtin = wanted_gtin and app.same_batch(l.batch, wanted_batch)
          and (l.status in ('draft', 'published', 'paused')
               or l.status in ('ended', 'withdrawn')
                  and (l.pickup_end > moment - interval '30 days' or l.food_date_ends_at > moment))
        order by l.id for update of k, l
    loop
        if lot.status in ('draft', 'published', 'paused') then
            update app.lots l set status = 'recalled', published_at = coalesce(l.published_at, moment),
                version = l.version + 1
            where l.id = lot.id;
            lots := lots + (lot.suspended_from is null)::int;
        end if;
        perform app.defer('recalls.end_lot', jsonb_build_object('recall_id', recall, 'lot_id', lot.id));
        ids := ids || lot.id;
    end loop;
    -- Merchants may have more of it on the shelf. The free lots beside theirs are none of what they listed.
    for shop in
        select l.shop_id as id, array_agg(l.id order by l.id) as listed
        from app.lots l where l.id = any (ids) and l.suspended_from is null group by l.shop_id order by l.shop_id
    loop
        perform app.defer('recalls.tell_shop', jsonb_build_object(
            'recall_id', recall, 'shop_id', shop.id, 'lot_ids', shop.listed));
    end loop;
    perform app.note('recall.issued', 'recall', recall, jsonb_build_object('gtin', wanted_gtin, 'lots', lots));
end $$;
