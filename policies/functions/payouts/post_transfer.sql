-- Post money that moves from the platform's Stripe balance to a shop's (`transfer`), or back (`reversal`).
-- Called by transfer_made and reversal_made. Only the owner may execute it.
-- Locks: the posting (post).
create or replace function app.post_transfer(kind text, source text, shop uuid, cents bigint, at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moved bigint := case kind when 'transfer' then cents else -cents end;
begin
    perform app.post(kind, source, null, at,
        array[app.ledger_account('shop', shop), app.ledger_account('stripe'),
              app.ledger_account('connected', shop, 'shop'), app.ledger_account('earned', shop, 'shop')],
        array[moved, -moved, moved, -moved]);
end $$;
