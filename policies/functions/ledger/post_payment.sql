-- Post what Stripe says about a payment: that it was paid, and each of its refunds, whoever made it. What is posted already
-- stays as it is, so the order and repetition of calls do not matter.
-- Called by settle_payment, payment_refunded and correct_books, in the transaction that commits what Stripe says. `sale` is
-- the reservation that was paid. `refunds` is a list of {id, cents, stands, at}; one that does not stand any more failed
-- after it was made.
-- Definer, because nobody may write the ledger; only the owner may execute it.
-- Locks: the sale's posting, after the payment (policies/LOCKS.md).
create or replace function app.post_payment(
    sale uuid, purpose text, intent text, received bigint, paid_at timestamptz, refunds jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    one record;
begin
    if received > 0 then perform app.post_sale(sale, purpose, intent, received, paid_at); end if;
    if refunds = '[]' then return; end if;
    -- Closing its lot locks it too: either sees what the other took of the money.
    perform from accounting.postings p where p.kind = 'sale' and p.source = intent for no key update;
    if not found then return; end if;
    -- Those that failed first: their money can be refunded again, maybe within the same second.
    for one in
        select x.* from jsonb_to_recordset(refunds) as x (id text, cents bigint, stands boolean, at timestamptz)
        order by x.stands, x.at, x.id
    loop
        perform app.post_refund(sale, 'refund', one.id, one.cents, one.at);
        if not one.stands then perform app.post_refund_failed(sale, one.id, app.clock()); end if;
    end loop;
end $$;
