-- Return the money of a shop in cents: what is due, in transfer, paid to its bank, and what it owes.
-- Called by GET /v1/shops/{shop_id}/balance, as an owner of the shop or an admin; to anybody else the shop does not exist.
-- `in_transfer` is what Stripe was asked to transfer, and what lies at Stripe until its next payout.
-- Definer, because only the accountant reads postings.
create or replace function app.shop_balance(
    shop uuid, out due_cents bigint, out in_transfer_cents bigint, out paid_cents bigint, out debt_cents bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    owed  bigint;
    asked bigint;
begin
    perform app.require_books_of(shop);
    -- What was refunded since the last night shows in the next one, as in its ledger.
    owed := app.shop_due_cents(shop) - coalesce((
        select sum(x.net_cents) from accounting.closed_lot_corrections x
        where x.shop_id = shop and x.at > app.clock()), 0);
    select coalesce(sum(t.cents), 0) into asked from accounting.transfers t
    where t.shop_id = shop and t.status = 'intended';
    select coalesce(sum(l.cents) filter (where a.kind = 'connected'), 0),
           coalesce(sum(l.cents) filter (where a.kind = 'bank'), 0)
    into in_transfer_cents, paid_cents
    from accounting.ledger_accounts a join accounting.lines l on l.account_id = a.id
    where a.subject = shop and a.book = 'shop';
    due_cents := greatest(owed - asked, 0);
    in_transfer_cents := in_transfer_cents + asked;
    debt_cents := greatest(-owed, 0);
end $$;
grant execute on function app.shop_balance(uuid) to authenticated;
