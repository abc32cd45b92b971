-- Tell an admin that a refund failed whose payment is in the books; once a correction.
-- Called by correct_books, tell_queued, and undo_refund_by_dispute when what a dispute gave back came back to us. Definer, because it reads the books; only the owner may execute it.
create or replace function app.tell_refund_failed(correction bigint, admin uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.notify(
        admin, 'refund_failed',
        jsonb_build_object(
            'correction', c.id, 'intent', p.stripe_payment_intent, 'paid_on', p.paid_at, 'amount_cents', p.amount_cents,
            'missing_cents', coalesce((
                select b.refunded_cents + b.disputed_cents from accounting.corrections b
                where b.payment_id = c.payment_id and b.id < c.id order by b.id desc limit 1), p.refunded_cents + p.disputed_cents)
                - c.refunded_cents - c.disputed_cents,
            'refunded_cents', c.refunded_cents),
        c.id::text)
    from accounting.corrections c join accounting.payments p on p.payment_id = c.payment_id
    where c.id = correction;
end $$;
