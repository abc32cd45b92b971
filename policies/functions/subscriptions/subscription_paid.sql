-- Post that a month of Premium was paid, once for each invoice of Stripe's: stripe +, subscriptions and VAT −.
-- Called by the worker (subscriptions.look_at_invoice), which has just fetched the invoice. Invoices of customers who
-- are not ours are left out. The shop that our own invoice will go to is the oldest of the account's, null if all are closed.
-- Definer, because nobody may write the ledger; only the worker may execute it. Locks: the billed period.
create or replace function app.subscription_paid(
    invoice text, payer text, intent text, gross bigint, first_day date, last_day date, paid_at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    net bigint := app.net_of(gross);
begin
    if not exists (select from app.subscriptions s where s.customer = payer) then return; end if;
    insert into accounting.billed_periods (invoice, intent, shop_id, first_day, last_day, net_cents, vat_cents, paid_at)
    select subscription_paid.invoice, subscription_paid.intent,
           (select h.id from app.shops h join app.subscriptions s on s.account_id = h.owner_id
            where s.customer = payer and h.status <> 'closed' order by h.id limit 1),
           subscription_paid.first_day, subscription_paid.last_day, net, gross - net, subscription_paid.paid_at
    on conflict on constraint billed_periods_pkey do nothing;
    perform app.post('subscription', subscription_paid.invoice, null, subscription_paid.paid_at,
                     array[app.ledger_account('stripe'), app.ledger_account('subscriptions'), app.ledger_account('vat')],
                     array[gross, -net, net - gross]);
end $$;
grant execute on function app.subscription_paid(text, text, text, bigint, date, date, timestamptz) to ecopanier_worker;
