-- Post that a customer paid, once a PaymentIntent: the money is held, or belongs to a gift, until its lot is closed.
-- Called by post_payment and post_earlier. Definer, because nobody may write the ledger; only the owner may execute it.
-- Locks: the posting.
create or replace function app.post_sale(sale uuid, purpose text, intent text, cents bigint, paid_at timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return app.post('sale', intent, sale, paid_at,
                    array[app.ledger_account('stripe'),
                          app.ledger_account(case purpose when 'give' then 'suspended' else 'held' end)],
                    array[cents, -cents]);
end $$;
