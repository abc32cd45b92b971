-- Begin a transfer to each of the next `most` shops with an active payout account to which at least
-- `least_transfer_cents` are due; return the shops looked at, each with its transfer if there is one to carry out.
-- Called by the worker's nightly job payouts.transfer, page by page: `after` is the last shop of the page before.
-- A transfer is the whole balance: closed lots and corrections since the last one, less what the shop still owes. The
-- next one begins once it is known whether this one was made. One that Stripe knows nothing of, because it has not been
-- asked or has certainly refused, is begun anew if something else is due by now, such as after a refund.
-- Definer, because nobody may write transfers; only the worker may execute it.
-- Locks: payout accounts in the order of shops, skipping those that another worker has; then inserts.
create or replace function app.begin_transfers(most int, after uuid default null)
returns table (shop_id uuid, transfer_id uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    account record;
    due     bigint;
    begun   uuid;
    cents   bigint;
    unasked boolean;
begin
    for account in
        select a.shop_id, a.stripe_account from app.payout_accounts a
        where a.state = 'active' and (after is null or a.shop_id > after)
        order by a.shop_id limit most for update skip locked
    loop
        shop_id := account.shop_id;
        due := app.shop_due_cents(account.shop_id);
        select t.id, t.cents, t.asked_at is null into transfer_id, cents, unasked
        from accounting.transfers t where t.shop_id = account.shop_id and t.status = 'intended' for update;
        if unasked and cents <> due then
            update accounting.transfers t set status = 'cancelled' where t.id = transfer_id;
            transfer_id := null;
        end if;
        if transfer_id is null and due >= app.setting_int('least_transfer_cents')
           and not exists (select from accounting.reversals v where v.shop_id = account.shop_id and v.status = 'intended') then
            insert into accounting.transfers (shop_id, stripe_account, cents, created_at)
            values (account.shop_id, account.stripe_account, due, app.clock()) returning id into begun;
            insert into accounting.transfer_lots (transfer_id, lot_id, cents)
            select begun, u.lot_id, u.cents from app.untransferred_lots(account.shop_id) u where u.cents <> 0;
            transfer_id := begun;
        end if;
        return next;
    end loop;
end $$;
grant execute on function app.begin_transfers(int, uuid) to ecopanier_worker;
