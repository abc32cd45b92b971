-- Return what moved a shop's balance otherwise than by closed lots, and which no statement lists yet: transfers above all.
-- What carry_ledger carries forward was stated ten years ago. `cents` is what it added to the balance due. Called by issue_month.
-- Definer, because the ledger is nobody's to read; only the owner may execute it.
create or replace function app.unstated_movements(shop uuid)
returns table (posting_id bigint, kind text, event_at timestamptz, cents bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select p.id, p.kind, p.event_at, -l.cents
    from accounting.ledger_accounts a
    join accounting.lines l on l.account_id = a.id
    join accounting.postings p on p.id = l.posting_id
    where a.book = 'platform' and a.kind = 'shop' and a.subject = shop
      and p.kind not in ('earned', 'invoice_vat', 'carried')
      and not exists (select from accounting.closed_lot_corrections c where c.posting_id = p.id)
      and not exists (select from accounting.stated_postings s where s.posting_id = p.id)
$$;
