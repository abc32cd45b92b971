-- Note that Stripe refused for good to carry a payment forward; return whether it is tried again by itself.
-- Called by the worker (payments.carry_forward). The pauses between tries double (open_payments). After ten refusals,
-- about six hours, a person must look; the next event about the payment (settle_payment) begins anew.
-- `certain` is whether Stripe surely did nothing: then the next refund is asked for with another key, because Stripe would
-- repeat the refusal to this one for a day, such as while a dispute was open.
-- Definer, because nobody may write payments; only the worker may execute it.
-- Locks: the payment.
create or replace function app.payment_refused(payment uuid, certain boolean) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    counted int;
begin
    update app.payments p set refusals = p.refusals + 1, looked_at = app.clock(),
        refund_attempt = p.refund_attempt + case when certain and p.status = 'refund_due' then 1 else 0 end
    where p.id = payment returning p.refusals into counted;
    return counted < 10;
end $$;
grant execute on function app.payment_refused(uuid, boolean) to ecopanier_worker;
