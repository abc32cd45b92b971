-- Note what Stripe says now about a shop's account, and tell the shop's owners if its state changed.
-- Called by the worker (payouts.look_at_account), which has just fetched it, so that the order of events does not matter.
-- A closed account stays closed. Stripe restricts an account from the start, until it has its answers: that is still
-- `onboarding` here. Returns whether the account became active.
-- Definer, because nobody may write payout accounts; only the worker may execute it.
-- Locks: the payout account.
create or replace function app.payout_account_seen(account text, now_state text, asked_for text[]) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    a app.payout_accounts;
begin
    select x.* into a from app.payout_accounts x where x.stripe_account = account for update;
    if not found then return false; end if;
    if now_state = 'restricted' and a.state = 'onboarding' or a.state = 'closed' then now_state := a.state; end if;
    update app.payout_accounts x
    set state = now_state, due = asked_for, looked_at = app.clock()
    where x.shop_id = a.shop_id;
    if a.state <> now_state and now_state <> 'onboarding' then
        perform app.note('payout_account.changed', 'shop', a.shop_id, jsonb_build_object('state', now_state));
        perform app.notify(m.account_id, 'payout_account_changed',
                           jsonb_build_object('shop', s.name, 'state', now_state),
                           null, null, a.shop_id)
        from app.members m join app.shops s on s.id = m.shop_id
        where m.shop_id = a.shop_id and m.role = 'owner' and m.account_id is not null order by m.account_id;
    end if;
    return now_state = 'active' and a.state <> 'active';
end $$;
grant execute on function app.payout_account_seen(text, text, text[]) to ecopanier_worker;
