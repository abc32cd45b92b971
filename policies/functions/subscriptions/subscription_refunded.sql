-- Post what was given back of a month of Premium, once for each refund, and that one failed afterwards; return whether the
-- intent paid a month of Premium at all. One that is known to have failed when it is first seen is posted both ways, as it
-- moved at Stripe. The share before VAT is cumulative, so that parts come to the whole.
-- Called by the worker (subscriptions.look_at_refund), which has just fetched the refunds of the intent, the oldest first:
-- `refunds` is a list of {id, cents, stands, at}.
-- Definer, because nobody may write the ledger; only the worker may execute it. Locks: the billed period.
create or replace function app.subscription_refunded(wanted text, refunds jsonb) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    period   accounting.billed_periods;
    accounts bigint[] := array[app.ledger_account('stripe'), app.ledger_account('subscriptions'), app.ledger_account('vat')];
    one      record;
    gross    bigint;
    back     bigint;
    back_net bigint;
    net      bigint;
    kept     accounting.billed_refunds;
begin
    select p.* into period from accounting.billed_periods p where p.intent = wanted for update;
    if not found then return false; end if;
    gross := period.net_cents + period.vat_cents;
    for one in
        select x.* from jsonb_to_recordset(refunds) as x (id text, cents bigint, stands boolean, at timestamptz)
        order by x.stands, x.at, x.id  -- those that failed first: their money can be refunded again
    loop
        select r.* into kept from accounting.billed_refunds r where r.refund = one.id;
        if not found then
            select coalesce(sum(r.cents), 0), coalesce(sum(r.net_cents), 0) into back, back_net
            from accounting.billed_refunds r where r.invoice = period.invoice and r.failed_at is null;
            net := app.share_of(period.net_cents, least(back + one.cents, gross), gross) - back_net;
            insert into accounting.billed_refunds (refund, invoice, cents, net_cents, refunded_at)
            values (one.id, period.invoice, one.cents, net, one.at) returning * into kept;
            perform app.post('refund', one.id, null, one.at, accounts, array[-one.cents, net, one.cents - net]);
        end if;
        if kept.failed_at is null and not one.stands then
            update accounting.billed_refunds r set failed_at = app.clock() where r.refund = one.id;
            perform app.post('refund_failed', one.id, null, app.clock(), accounts,
                             array[kept.cents, -kept.net_cents, kept.net_cents - kept.cents]);
        end if;
    end loop;
    return true;
end $$;
grant execute on function app.subscription_refunded(text, jsonb) to ecopanier_worker;
