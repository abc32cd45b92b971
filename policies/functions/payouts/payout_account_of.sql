-- Return the state of a shop's payout account and what Stripe still asks for; `new` if it was not begun.
-- Called by GET /v1/shops/{shop_id}/payout-account, as an owner of the shop or an admin.
-- Definer, because it also says whether money waits for the account (payout_overdue).
create or replace function app.payout_account_of(shop uuid, out state text, out due text[], out overdue boolean)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.require_books_of(shop);
    select a.state, a.due into state, due from app.payout_accounts a where a.shop_id = shop;
    state := coalesce(state, 'new');
    due := coalesce(due, '{}');
    overdue := app.payout_overdue(shop);
end $$;
grant execute on function app.payout_account_of(uuid) to authenticated;
