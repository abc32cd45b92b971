-- Mark a payment as refunded, because Stripe has given the money back; `refunded` are the cents in all. Post the sale, if it
-- is not yet, and each of `refunds` in the ledger (post_payment).
-- Called by the worker (payments.carry_forward). Definer, because nobody may write payments; only the worker may
-- execute it.
-- Locks: the payment, the sale's posting.
create or replace function app.payment_refunded(
    payment uuid, refund text, refunded int, received_cents int default 0, paid_at timestamptz default null,
    refunds jsonb default '[]') returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    intent text;
    sale   uuid;
begin
    update app.payments p
    set status = 'refunded', stripe_refund = refund, refunded_cents = refunded, refusals = 0,
        looked_at = app.clock()
    where p.id = payment and p.status = 'refund_due' returning p.stripe_payment_intent, p.reservation_id into intent, sale;
    if not found then return; end if;
    perform app.post_payment(r.id, r.purpose, intent, received_cents, coalesce(paid_at, app.clock()), refunds)
    from app.reservations r where r.id = sale;
end $$;
grant execute on function app.payment_refunded(uuid, text, int, int, timestamptz, jsonb) to ecopanier_worker;
