-- Return up to `most` PaymentIntents that were paid and whose sale is not in the ledger, in the order of ids after `after`:
-- they were paid before there was a ledger, or a crash lost them.
-- Called by the worker (ledger.check), which looks at each. Definer, because the worker may not read the books; only the
-- worker may execute it.
create or replace function app.payments_not_posted(after text, most int) returns setof text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
    select x.intent from (
        select p.stripe_payment_intent as intent from app.payments p where p.status in ('succeeded', 'refund_due', 'refunded')
        union
        select b.stripe_payment_intent from accounting.payments b) x
    where x.intent > after
      and not exists (select from accounting.postings s where s.kind = 'sale' and s.source = x.intent)
    order by x.intent limit most;
end $$;
grant execute on function app.payments_not_posted(text, int) to ecopanier_worker;
