-- Begin to take back, from each of up to `most` shops that owe the platform money after a transfer, what they owe;
-- return the reversals to carry out, those that began earlier too.
-- Called by the worker's nightly job payouts.transfer. Only what earlier transfers brought can be taken back: one reversal
-- a shop and night, of its newest transfer with something left. What Stripe refuses, because the shop has been paid out
-- already, stays owed and is netted from what comes.
-- Definer, because nobody may write reversals; only the worker may execute it.
-- Locks: payout accounts in the order of shops, skipping those that another worker has; then inserts.
create or replace function app.begin_reversals(most int) returns setof uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    account record;
    owed    bigint;
    newest  accounting.transfers;
    begun   uuid;
begin
    return query select v.id from accounting.reversals v where v.status = 'intended' order by v.id limit most;
    for account in
        select a.shop_id from app.payout_accounts a
        where a.stripe_account is not null and a.shop_id = any (array(select d.shop_id from app.shops_in_debt() d))
          and not exists (select from accounting.transfers t where t.shop_id = a.shop_id and t.status = 'intended')
          and not exists (select from accounting.reversals v where v.shop_id = a.shop_id and v.status = 'intended')
        order by a.shop_id limit most for update skip locked
    loop
        owed := -app.shop_due_cents(account.shop_id);
        select t.* into newest from accounting.transfers t
        where t.shop_id = account.shop_id and t.status = 'made' and t.reversed_cents < t.cents
          -- What was refused once stays to be netted.
          and not exists (select from accounting.reversals v where v.transfer_id = t.id and v.status = 'refused')
        order by t.id desc limit 1;
        continue when not found or owed <= 0;
        insert into accounting.reversals (transfer_id, shop_id, cents, created_at)
        values (newest.id, account.shop_id, least(owed, newest.cents - newest.reversed_cents), app.clock())
        returning id into begun;
        return next begun;
    end loop;
end $$;
grant execute on function app.begin_reversals(int) to ecopanier_worker;
