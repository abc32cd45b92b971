-- Recall food: freeze all lots that match, and queue a job per lot that ends its reservations; return the recall and
-- the number of lots. Another job per shop tells its merchant.
-- Called by recall_food, as an admin, and by `ecopanier recall` over the connection that migrates. Only the owner may
-- execute it.
-- From this transaction's end on nobody reserves, sells, hands over or publishes what matches. What follows for
-- holders is a job per lot, so that a recall of thousands of lots is as fast, and as complete, as one of a single lot.
-- A lot without a batch matches a recall of any batch.
-- Holders of lots that are over are told too if they may still have the food (may_still_be_eaten).
-- Locks: an advisory lock on the trade number, then the lots in the order of ids (freeze_recalled).
create or replace function app.issue_recall(
    wanted_gtin text, wanted_batch text, why text, issuer uuid, out recall uuid, out lots int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    -- Waits for publications under way; those that begin from now on are refused (refuse_recalled).
    perform pg_advisory_xact_lock(hashtextextended('recall ' || wanted_gtin, 0));
    insert into app.recalls (gtin, batch, reason, issued_by, issued_at)
    values (wanted_gtin, wanted_batch, why, issuer, app.clock()) returning id into recall;
    lots := app.freeze_recalled(recall, array(
        select l.id from app.lots l
        where l.gtin = wanted_gtin and app.same_batch(l.batch, wanted_batch) and app.may_still_be_eaten(l)));
    perform app.note('recall.issued', 'recall', recall, jsonb_build_object('gtin', wanted_gtin, 'lots', lots));
end $$;
