-- Undo what a lost dispute gave back as a refund, since its money came back to us: the refund is due again, and what another
-- dispute gave back of it is counted anew. Of a payment in the books every admin is told, as of a refund that failed: whoever
-- was to get the money is not known any more.
-- Called by dispute_seen, which holds the payment, the sale's posting and the dispute. Definer, because nobody may write
-- payments, books or postings; only the owner may execute it.
-- Locks: the booked payment; postings, lots to close.
create or replace function app.undo_refund_by_dispute(sale uuid, payment uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    undone     text;
    booked     record;
    correction bigint;
begin
    select b.payment_id, b.refunded_cents, b.stripe_refund, b.disputed_cents into booked
    from accounting.current_payments b
    where b.payment_id = payment and b.disputed_cents > app.dispute_given_back(payment);
    if not found and not exists (
        select from app.payments p where p.id = payment and p.disputed_cents > app.dispute_given_back(payment)) then
        return;
    end if;
    for undone in
        select p.source from accounting.postings p
        where p.reservation_id = sale and p.kind = 'dispute_refund'
          and split_part(p.source, ':', 1) in (select d.id from accounting.disputes d where d.payment_id = payment)
          and not exists (select from accounting.postings u where u.kind = 'dispute_refund_undone' and u.source = p.source)
        order by p.id desc
    loop
        perform app.post_refund_failed(sale, undone, app.clock(), 'dispute_refund_undone', 'dispute_refund', 'dispute');
    end loop;
    update app.payments p
    set status = 'refund_due', disputed_cents = 0, stripe_refund = null, refusals = 0, looked_at = app.clock()
    where p.id = payment;
    if found then
        perform app.defer('payments.carry_forward', jsonb_build_object('payment_id', payment));
        return;
    end if;
    insert into accounting.corrections (payment_id, refunded_cents, disputed_cents, stripe_refund, noted_at)
    values (payment, booked.refunded_cents, 0, booked.stripe_refund, app.clock()) returning id into correction;
    perform app.tell_refund_failed(correction, a.id)
    from app.accounts a where a.role = 'admin' and a.status = 'active' order by a.id;
end $$;
