-- Post that a refund failed after it was made, once: its money is where it was before.
-- Called by post_payment, which holds the sale's posting. The lots of the sale are closed once more, which earns what the
-- shop was paid for before the refund (close_lots).
-- Called by dispute_seen too, with other kinds: what a shop bore of a dispute is undone in the same way. `undone` is the
-- kind of the posting to undo, `kind` that of the new one, `reason` what the shop reads.
-- Definer, because nobody may write the ledger; only the owner may execute it. Locks: the posting, lots to close.
create or replace function app.post_refund_failed(
    sale uuid, refund text, at timestamptz, kind text default 'refund_failed', undone text default 'refund',
    reason text default 'refund_failed') returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    posting  bigint;
    original bigint;
begin
    select p.id into posting from accounting.postings p where p.kind = post_refund_failed.kind and p.source = refund;
    if found then return posting; end if;
    select p.id into strict original from accounting.postings p where p.kind = undone and p.source = refund;
    select app.post(post_refund_failed.kind, refund, sale, post_refund_failed.at, array_agg(n.account_id), array_agg(-n.cents))
    into posting from accounting.lines n where n.posting_id = original;

    insert into accounting.closed_lot_corrections
        (lot_id, shop_id, at, gross_cents, commission_cents, vat_cents, net_cents, reason, posting_id, earned_id)
    select c.lot_id, c.shop_id, app.next_night(s.time_zone, app.clock()), -c.gross_cents, -c.commission_cents, -c.vat_cents,
           -c.net_cents, post_refund_failed.reason, posting, c.earned_id
    from accounting.closed_lot_corrections c join app.shops s on s.id = c.shop_id
    where c.posting_id = original;

    insert into app.lots_to_close (lot_id, due_at)
    select l.id, app.next_night(s.time_zone, app.clock())
    from app.lots l join app.shops s on s.id = l.shop_id
    where l.status in ('ended', 'withdrawn', 'recalled')
      and l.id in (select r.lot_id from app.reservations r where r.id = sale
                   union
                   select r.lot_id from app.suspended_portions t join app.reservations r on r.id = t.reservation_id
                   where t.suspended_lot_id = sale)
    order by l.id
    on conflict (lot_id) do nothing;
    return posting;
end $$;
