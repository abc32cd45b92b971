-- Return what the mail about a failed refund of a booked payment says; nothing if a later correction was noted meanwhile.
-- Called by the worker's job payments.tell_refund_failed, right before it writes the mail.
-- Definer, because the worker may not read the books; only the worker may execute it.
create or replace function app.correction_to_tell(
    correction bigint, out intent text, out paid_at timestamptz, out amount_cents int, out refunded_before_cents int,
    out refunded_cents int)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    select p.stripe_payment_intent, p.paid_at, p.amount_cents, coalesce((
               select b.refunded_cents from accounting.corrections b
               where b.payment_id = c.payment_id and b.id < c.id order by b.id desc limit 1), p.refunded_cents),
           c.refunded_cents
    into intent, paid_at, amount_cents, refunded_before_cents, refunded_cents
    from accounting.corrections c join accounting.payments p on p.payment_id = c.payment_id
    where c.id = correction
      and not exists (select from accounting.corrections l where l.payment_id = c.payment_id and l.id > c.id);
end $$;
grant execute on function app.correction_to_tell(bigint) to ecopanier_worker;
