-- Note that nobody can pay a hold on Stripe's page any more; its payment is then settled as cancelled.
-- Called by the worker (payments.carry_forward) once Stripe has expired the session, or has none.
-- Definer, because nobody may write payments; only the worker may execute it. Locks: the payment.
create or replace function app.checkout_closed(payment uuid) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    update app.payments x set checkout = 'closed', looked_at = app.clock() where x.id = payment;
$$;
grant execute on function app.checkout_closed(uuid) to ecopanier_worker;
