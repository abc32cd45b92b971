-- Begin to take back, from each of the next `most` shops that owe the platform money after a transfer, what they owe; return
-- the shops looked at, each with its reversal if there is one to carry out.
-- Called by the worker's nightly job payouts.move_money, page by page: `after` is the last shop of the page before. Only what
-- earlier transfers brought can be taken back: one reversal a shop and night, of its newest transfer with something left.
-- One that Stripe knows nothing of, because it has not been asked or the shop's balance did not suffice, is begun anew if
-- something else is owed by now, and cancelled if nothing is: what comes to the shop is netted first.
-- Definer, because nobody may write reversals; only the worker may execute it.
-- Locks: payout accounts in the order of shops, skipping those that another worker has; reversals; then inserts.
create or replace function app.begin_reversals(most int, after uuid default null)
returns table (shop_id uuid, reversal_id uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    account record;
    owed    bigint;
    newest  accounting.transfers;
    known   accounting.reversals;
    begun   uuid;
begin
    if after is null then  -- shops that were erased meanwhile
        return query
        select v.shop_id, v.id from accounting.reversals v
        where v.status = 'intended' and not exists (select from app.payout_accounts a where a.shop_id = v.shop_id);
    end if;
    for account in
        select a.shop_id from app.payout_accounts a
        where a.stripe_account is not null and (after is null or a.shop_id > after)
          and (a.shop_id = any (array(select d.shop_id from app.shops_in_debt() d))
               or exists (select from accounting.reversals v where v.shop_id = a.shop_id and v.status = 'intended'))
        order by a.shop_id limit most for update skip locked
    loop
        shop_id := account.shop_id;
        owed := -app.shop_due_cents(account.shop_id);
        select v.* into known from accounting.reversals v
        where v.shop_id = account.shop_id and v.status = 'intended' for update;
        reversal_id := known.id;
        if known.asked_at is null then
            select t.* into newest from accounting.transfers t
            where t.shop_id = account.shop_id and t.status = 'made' and t.reversed_cents < t.cents
              -- What was refused for good stays to be netted.
              and not exists (select from accounting.reversals v where v.transfer_id = t.id and v.status = 'refused')
              and not exists (select from accounting.transfers i where i.shop_id = account.shop_id and i.status = 'intended')
            order by t.id desc limit 1;
            if known.id is not null
               and (newest.id, least(owed, newest.cents - newest.reversed_cents))
                   is distinct from (known.transfer_id, known.cents) then
                update accounting.reversals v set status = 'cancelled' where v.id = known.id;
                reversal_id := null;
            end if;
            if reversal_id is null and newest.id is not null and owed > 0 then
                insert into accounting.reversals (transfer_id, shop_id, cents, created_at)
                values (newest.id, account.shop_id, least(owed, newest.cents - newest.reversed_cents), app.clock())
                returning id into begun;
                reversal_id := begun;
            end if;
        end if;
        return next;
    end loop;
end $$;
grant execute on function app.begin_reversals(int, uuid) to ecopanier_worker;
