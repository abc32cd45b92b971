-- Note in the books what Stripe now says was refunded of a payment that was moved there, if that has changed; return the
-- payment, and whether the refunds fell, because one failed. Nothing is returned for an intent that is not in the books.
-- Called by the worker (payments.look_at_intent). The books do not change: a correction is one more row. Whoever was to
-- get the money is not known any more, so nothing is refunded by itself: every admin is told if the refunds fell.
-- What was fetched first may come last, so the intent is looked at once more after each correction.
-- Each of `refunds` is posted in the ledger (post_payment).
-- Definer, because nobody may write the books; only the worker may execute it.
-- Locks: the booked payment, the sale's posting.
create or replace function app.correct_books(
    intent text, refunded int, refund text, received_cents int default 0, paid_at timestamptz default null,
    refunds jsonb default '[]', out payment uuid, out fell boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    known      int;
    now_known  int;
    correction bigint;
begin
    select p.payment_id, least(refunded, p.amount_cents) into payment, now_known
    from accounting.payments p where p.stripe_payment_intent = intent for update;
    if not found then return; end if;
    -- The ledger knows which sale it was. What was booked before there was a ledger has the payment's id there.
    perform app.post_payment(
        coalesce((select s.reservation_id from accounting.postings s where s.kind = 'sale' and s.source = intent), payment),
        'collect', intent, received_cents, coalesce(paid_at, app.clock()), refunds);
    select b.refunded_cents into known from accounting.current_payments b where b.payment_id = payment;
    fell := now_known < known;
    if now_known = known then return; end if;
    insert into accounting.corrections (payment_id, refunded_cents, stripe_refund, disputed_cents, noted_at)
    select payment, now_known, refund, b.disputed_cents, app.clock()
    from accounting.current_payments b where b.payment_id = payment returning id into correction;
    perform app.defer('payments.look_at_intent', jsonb_build_object('intent', intent));
    if fell then
        perform app.tell_refund_failed(correction, a.id)
        from app.accounts a where a.role = 'admin' and a.status = 'active' order by a.id;
    end if;
end $$;
grant execute on function app.correct_books(text, int, text, int, timestamptz, jsonb) to ecopanier_worker;
