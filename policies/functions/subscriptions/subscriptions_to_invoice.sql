-- Return what of Premium has no paper of ours yet, the oldest first: months that were paid, and refunds (`refund` is then not
-- null) of months whose invoice is issued. A refund that failed gets none, nor one of less than a cent before VAT.
-- Called by the worker (subscriptions.issue_invoices). Definer, because nobody may read the books; only the worker may
-- execute it.
create or replace function app.subscriptions_to_invoice(most int) returns table (invoice text, refund text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    (select p.invoice, null from accounting.billed_periods p
     where p.document_id is null and p.shop_id is not null order by p.paid_at limit most)
    union all
    (select r.invoice, r.refund
     from accounting.billed_refunds r join accounting.billed_periods p on p.invoice = r.invoice
     where r.document_id is null and r.failed_at is null and r.net_cents > 0 and p.document_id is not null
     order by r.refunded_at limit most)
$$;
grant execute on function app.subscriptions_to_invoice(int) to ecopanier_worker;
