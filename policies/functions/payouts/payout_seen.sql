-- Note what Stripe says now about a payout to a shop's bank, and post what changed: paid, or failed after it was paid.
-- Called by the worker (payouts.look_at_payout), which has just fetched it. Owners are told of one that failed.
-- Definer, because nobody may write payouts or postings; only the worker may execute it.
-- Locks: the payout account, the payout.
create or replace function app.payout_seen(
    account text, payout text, cents bigint, status text, arrives_on date, made_at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    shop   uuid;
    before text;
begin
    select a.shop_id into shop from app.payout_accounts a where a.stripe_account = account for update;
    if not found then return; end if;
    select p.status into before from accounting.payouts p where p.id = payout for update;
    insert into accounting.payouts as p (id, shop_id, cents, status, arrives_on, made_at, looked_at)
    values (payout, shop, cents, status, arrives_on, made_at, app.clock())
    on conflict (id) do update set status = excluded.status, arrives_on = excluded.arrives_on, looked_at = excluded.looked_at;

    -- Stripe takes the money when it makes the payout, and gives it back if the payout fails or is cancelled.
    perform app.post_payout('payout', payout, shop, cents, made_at);
    if status in ('failed', 'canceled') then
        perform app.post_payout('payout_failed', payout, shop, -cents, app.clock());
    end if;
    if status = 'failed' and before is distinct from 'failed' then
        perform app.notify(m.account_id, 'payout_failed', jsonb_build_object('shop', s.name, 'cents', cents), payout, null, shop)
        from app.members m join app.shops s on s.id = m.shop_id
        where m.shop_id = shop and m.role = 'owner' and m.account_id is not null order by m.account_id;
    end if;
end $$;
grant execute on function app.payout_seen(text, text, bigint, text, date, timestamptz) to ecopanier_worker;
