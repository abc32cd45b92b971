-- Note what Stripe says now about a dispute, and post what moved: withdrawn with its fee, reinstated, lost.
-- Called by the worker (payouts.look_at_dispute), which has just fetched it, so that the order of events does not matter.
-- `withdrawn`, `fee` and `reinstated` are what the dispute's balance transactions say, in cents. A dispute that is lost
-- is the platform's loss until an admin decides that the shop bears it (decide_dispute), and lost it stays: money that comes
-- back afterwards makes the loss smaller. If a shop bore the loss and all of it comes back, it comes back to the shop. Admins
-- are told of a new one.
-- A refund that Stripe refused while its payment was disputed is tried again once the dispute is closed; of a lost one
-- refund_by_dispute then counts what the payer has. If that comes back to us, the refund is due again.
-- Definer, because nobody may write disputes or postings; only the worker may execute it.
-- Locks: the payment, the sale's posting, the dispute, then the booked payment, postings, lots to close.
create or replace function app.dispute_seen(
    dispute text, intent text, cents bigint, status text, reason text, answer_by timestamptz, opened_at timestamptz,
    withdrawn bigint, fee bigint, reinstated bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    sale    uuid;
    shop    uuid;
    paid    uuid;
    known   accounting.disputes;
    was_lost boolean;
begin
    select p.id into paid from app.payments p where p.stripe_payment_intent = intent for update;
    select p.reservation_id into sale from accounting.postings p
    where p.kind = 'sale' and p.source = intent for no key update;
    select l.shop_id into shop from app.reservations r join app.lots l on l.id = r.lot_id where r.id = sale;
    select d.* into known from accounting.disputes d where d.id = dispute for update;
    was_lost := coalesce(known.status = 'lost', false);
    if was_lost then status := 'lost'; end if;
    insert into accounting.disputes as d
        (id, payment_id, reservation_id, shop_id, cents, fee_cents, status, reason, answer_by, opened_at, closed_at, looked_at)
    values (dispute, paid, sale, shop, cents, fee, status, reason, answer_by, opened_at,
            case when status in ('won', 'lost', 'warning_closed', 'prevented') then app.clock() end, app.clock())
    on conflict (id) do update
    set status = excluded.status, fee_cents = excluded.fee_cents, cents = excluded.cents, answer_by = excluded.answer_by,
        closed_at = coalesce(d.closed_at, excluded.closed_at), looked_at = excluded.looked_at,
        -- The dispute may have been seen before its sale.
        payment_id = coalesce(d.payment_id, excluded.payment_id),
        reservation_id = coalesce(d.reservation_id, excluded.reservation_id), shop_id = coalesce(d.shop_id, excluded.shop_id);

    perform app.post('dispute', dispute, sale, opened_at,
        array[app.ledger_account('disputes'), app.ledger_account('dispute_fees'), app.ledger_account('stripe')],
        array[withdrawn, fee, -withdrawn - fee]);
    perform app.post('dispute_reinstated', dispute, sale, app.clock(),
        array[app.ledger_account('stripe'), app.ledger_account(case when was_lost then 'losses' else 'disputes' end)],
        array[reinstated, -reinstated]);
    if status = 'lost' and not was_lost then
        perform app.post('dispute_lost', dispute, sale, app.clock(),
            array[app.ledger_account('losses'), app.ledger_account('disputes')],
            array[withdrawn - reinstated, reinstated - withdrawn]);
    end if;
    if reinstated >= withdrawn and known.borne_by = 'shop' then
        perform app.post_refund_failed(sale, dispute, app.clock(), 'dispute_returned', 'dispute_borne', 'dispute');
    end if;
    if was_lost and reinstated > 0 then
        perform app.undo_refund_by_dispute(sale, coalesce(known.payment_id, paid));
    end if;
    if status in ('won', 'lost', 'warning_closed', 'prevented') then
        update app.payments p set refusals = 0 where p.id = paid and p.status = 'refund_due';
        if found then perform app.defer('payments.carry_forward', jsonb_build_object('payment_id', paid)); end if;
    end if;
    if known.id is null then
        perform app.tell_admins('dispute', paid, null, null, dispute);
    end if;
end $$;
grant execute on function app.dispute_seen(
    text, text, bigint, text, text, timestamptz, timestamptz, bigint, bigint, bigint) to ecopanier_worker;
