-- Mark a payment as refunded, because Stripe has given the money back; `refunded` are the cents in all.
-- Called by the worker (payments.carry_forward). Definer, because nobody may write payments; only the worker may
-- execute it.
-- Locks: the payment.
create or replace function app.payment_refunded(payment uuid, refund text, refunded int) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.payments p
    set status = 'refunded', stripe_refund = refund, refunded_cents = refunded, refusals = 0,
        looked_at = app.clock()
    where p.id = payment and p.status = 'refund_due';
end $$;
grant execute on function app.payment_refunded(uuid, text, int) to ecopanier_worker;
