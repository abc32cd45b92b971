-- Begin a shop's payout account, as an owner, and return its id at Stripe, null if Stripe has not made it yet, and the
-- shop's name and its owner's address, to which Stripe writes.
-- Called by POST /v1/shops/{shop_id}/payout-account, before Stripe is asked. A shop has one account, however often this
-- is called.
-- Definer, because nobody may write payout accounts. Only an owner of the shop gets through.
-- Locks: the shop (lock_workplace), the payout account.
create or replace function app.begin_payout_account(shop uuid, out stripe_account text, out name text, out email text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    found_state text;
begin
    perform app.lock_workplace(shop, null, 'owner');
    insert into app.payout_accounts (shop_id, created_at, looked_at) values (shop, app.clock(), app.clock())
    on conflict do nothing;
    if found then perform app.note('payout_account.begun', 'shop', shop); end if;
    select a.stripe_account, s.name, a.state, o.email into stripe_account, name, found_state, email
    from app.payout_accounts a join app.shops s on s.id = a.shop_id join app.accounts o on o.id = app.caller()
    where a.shop_id = shop;
    if email is null then raise exception 'payout_account.address_needed' using errcode = 'EP409'; end if;
    if found_state = 'closed' then raise exception 'payout_account.closed' using errcode = 'EP409'; end if;
end $$;
grant execute on function app.begin_payout_account(uuid) to authenticated;
