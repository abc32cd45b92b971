-- Recall food: from this transaction's end on nobody reserves, sells or hands over what matches, and nothing of it is
-- published any more. What follows for the holders is a job for each lot, so that a recall of thousands of lots is as
-- fast and as whole as one of a single lot. A lot whose batch nobody wrote down matches a recall of any batch.
-- Holders of lots that are over are told too when they may still have the food: the window ended in the last 30 days,
-- or its date has not passed.
-- For the owner: an admin comes through recall_food, the command line as the login that migrates.
create or replace function app.issue_recall(
    wanted_gtin text, wanted_batch text, why text, issuer uuid, out recall uuid, out lots int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := app.clock();
    lot    record;
begin
    -- Publications under way end first; those that begin now are refused.
    perform pg_advisory_xact_lock(hashtextextended('recall ' || wanted_gtin, 0));
    insert into app.recalls (gtin, batch, reason, issued_by, issued_at)
    values (wanted_gtin, wanted_batch, why, issuer, moment) returning id into recall;

    lots := 0;
    for lot in
        select l.id, l.status, l.suspended_from from app.lots l
        where l.gtin = wanted_gtin and app.same_batch(l.batch, wanted_batch)
          and (l.status in ('draft', 'published', 'paused')
               or l.status in ('ended', 'withdrawn')
                  and (l.pickup_end > moment - interval '30 days' or l.food_date >= app.paris_day(moment)))
        order by l.id for update
    loop
        if lot.status in ('draft', 'published', 'paused') then
            update app.lots l set status = 'recalled', published_at = coalesce(l.published_at, moment),
                version = l.version + 1
            where l.id = lot.id;
            lots := lots + (lot.suspended_from is null)::int;
        end if;
        perform app.defer('recalls.end_lot', jsonb_build_object('recall_id', recall, 'lot_id', lot.id));
    end loop;
    perform app.note('recall.issued', 'recall', recall, jsonb_build_object('gtin', wanted_gtin, 'lots', lots));
end $$;
