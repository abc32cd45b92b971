-- Stripe has given the money back. For the worker.
create or replace function app.payment_refunded(payment uuid, refund text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.payments p set status = 'refunded', stripe_refund = refund, looked_at = app.clock()
    where p.id = payment and p.status = 'refund_due';
end $$;
grant execute on function app.payment_refunded(uuid, text) to ecopanier_worker;
