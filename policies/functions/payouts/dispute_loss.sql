-- Return what a lost dispute still costs the platform, in cents: nothing of what came back, what a shop bears, and what was
-- the refund of its sale.
-- Called by refund_by_dispute and decide_dispute. Definer, because nobody else reads the ledger; only the owner may execute
-- it.
create or replace function app.dispute_loss(dispute text, sale uuid) returns bigint
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (
        select coalesce(sum(n.cents), 0)
        from accounting.postings p join accounting.lines n on n.posting_id = p.id
        where n.account_id = app.ledger_account('losses')
          and (p.source = dispute and p.kind in ('dispute_lost', 'dispute_reinstated', 'dispute_borne', 'dispute_returned')
               or p.reservation_id = sale and p.kind in ('dispute_refund', 'dispute_refund_undone')
                  and split_part(p.source, ':', 1) = dispute));
end $$;
