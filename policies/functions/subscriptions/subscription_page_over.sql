-- Forget the page on which the caller subscribes, because Stripe says that nobody can pay on it any more.
-- Called by POST /v1/subscriptions, which then begins another one.
-- Definer, because nobody may write subscriptions. Only the caller's own row is touched. Locks: the subscription.
create or replace function app.subscription_page_over(page uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.subscriptions s
    set page_id = null, page_begun_at = null, page_cents = null, page_language = null, checkout = null
    where s.account_id = app.caller() and s.page_id = page;
end $$;
grant execute on function app.subscription_page_over(uuid) to authenticated;
