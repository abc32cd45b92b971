-- Remember the account that Stripe has made for a shop; return the one that stands, if another request was faster.
-- Called by POST /v1/shops/{shop_id}/payout-account, once Stripe has answered, as an owner of the shop.
-- Definer, because nobody may write payout accounts. Only an owner of the shop gets through.
-- Locks: the payout account.
create or replace function app.payout_account_opened(shop uuid, account text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.require_owner_of(shop);
    update app.payout_accounts a set stripe_account = account, state = 'onboarding', looked_at = app.clock()
    where a.shop_id = shop and a.state = 'new';
    return (select a.stripe_account from app.payout_accounts a where a.shop_id = shop);
end $$;
grant execute on function app.payout_account_opened(uuid, text) to authenticated;
