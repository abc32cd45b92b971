-- Note that Stripe has made the page on which the caller subscribes; return whether it still is the page of the account.
-- Called by POST /v1/subscriptions, before the address of the page is given to anybody.
-- Definer, because nobody may write subscriptions. Only the caller's own row is touched. Locks: the subscription.
create or replace function app.subscription_page_made(page uuid, made text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.subscriptions s set checkout = made
    where s.account_id = app.caller() and s.page_id = page and not s.to_end;
    return found;
end $$;
grant execute on function app.subscription_page_made(uuid, text) to authenticated;
