-- Return what the lost disputes of a payment left with its payer, in cents: withdrawn from us and not reinstated. A refund
-- that is due is due that much less.
-- Called by refund_by_dispute and undo_refund_by_dispute. Definer, because nobody else reads the ledger; only the owner may
-- execute it.
create or replace function app.dispute_given_back(payment uuid) returns bigint
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (
        select coalesce(sum(case p.kind when 'dispute' then n.cents else -n.cents end), 0)
        from accounting.disputes d
        join accounting.postings p on p.source = d.id and p.kind in ('dispute', 'dispute_reinstated')
        join accounting.lines n on n.posting_id = p.id
        join accounting.ledger_accounts a on a.id = n.account_id
        where d.payment_id = payment and d.status = 'lost'
          and a.kind = case p.kind when 'dispute' then 'disputes' else 'stripe' end);
end $$;
