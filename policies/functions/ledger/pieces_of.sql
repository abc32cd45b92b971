-- Return what was earned of a sale, one row a posting `earned`, in cents: the whole sale, or of a gift the portions of each
-- lot that were collected. `reservation_id` is the reservation whose lot was closed.
-- Called by post_refund. Definer, because nobody else reads the ledger; only the owner may execute it.
create or replace function app.pieces_of(sale uuid)
returns table (id bigint, reservation_id uuid, gross bigint, commission bigint, tax bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
    select p.id, split_part(p.source, ':', 1)::uuid, (sum(n.cents) filter (where n.cents > 0))::bigint,
           -coalesce(sum(n.cents) filter (where a.kind = 'commission'), 0)::bigint,
           -coalesce(sum(n.cents) filter (where a.kind = 'vat'), 0)::bigint
    from accounting.postings p
    join accounting.lines n on n.posting_id = p.id
    join accounting.ledger_accounts a on a.id = n.account_id
    where p.reservation_id = sale and p.kind = 'earned'
    group by p.id;
end $$;
