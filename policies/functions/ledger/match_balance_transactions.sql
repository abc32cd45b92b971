-- Find the posting of each balance transaction of the platform that has none yet; return the PaymentIntents of those that
-- still have none, so that they are looked at: their event was lost, or is under way.
-- Called by the worker (ledger.check) after it has read Stripe's list. A posting has Stripe's id as its source; that of a sale
-- is its intent's, and that of a month of Premium the invoice that the intent paid.
-- Definer, because nobody may write what Stripe says; only the worker may execute it. Locks: the rows that it matches.
create or replace function app.match_balance_transactions() returns setof text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update accounting.stripe_balance_transactions t set posting_id = p.id
    from accounting.postings p
    where t.posting_id is null and t.account is null
      and p.kind = case t.category when 'charge' then 'sale' when 'refund_failure' then 'refund_failed'
                                   when 'transfer_reversal' then 'reversal' when 'dispute_reversal' then 'dispute_reinstated'
                                   else t.category end
      and p.source = case t.category when 'charge' then t.intent else t.source end;
    update accounting.stripe_balance_transactions t set posting_id = p.id
    from accounting.billed_periods b join accounting.postings p on p.kind = 'subscription' and p.source = b.invoice
    where t.posting_id is null and t.account is null and t.category = 'charge' and t.intent = b.intent;
    return query
    select distinct t.intent from accounting.stripe_balance_transactions t
    where t.posting_id is null and t.account is null and t.intent is not null;
end $$;
grant execute on function app.match_balance_transactions() to ecopanier_worker;
