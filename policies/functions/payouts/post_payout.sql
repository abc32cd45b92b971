-- Post money that Stripe pays from a shop's balance to its bank (`payout`), or that comes back (`payout_failed`, negative).
-- Called by payout_seen. Only the owner may execute it.
-- Locks: the posting (post).
create or replace function app.post_payout(kind text, source text, shop uuid, cents bigint, at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.post(kind, source, null, at,
        array[app.ledger_account('bank', shop, 'shop'), app.ledger_account('connected', shop, 'shop')],
        array[cents, -cents]);
end $$;
