-- Return up to `most` payments with something still open that nobody has looked at for `older_than`: a crash, a lost
-- reply or a lost webhook left them so. Marks them as looked at, so that two reconcilers take different ones. After
-- each refusal the pause doubles; after ten a payment is left to a person (payment_refused).
-- Called by the worker (payments.reconcile). Definer, because it writes payments; only the worker may execute it.
-- Locks: the payments, skipping those that are locked.
create or replace function app.open_payments(older_than interval, most int) returns setof app.payments
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
    update app.payments p set looked_at = app.clock()
    where p.id in (
        select x.id from app.payments x
        where x.status in ('intended', 'pending', 'cancel_due', 'refund_due') and x.refusals < 10
          and x.looked_at < app.clock() - older_than * power(2, x.refusals)
        order by x.looked_at limit most for update skip locked)
    returning p.*;
end $$;
grant execute on function app.open_payments(interval, int) to ecopanier_worker;
