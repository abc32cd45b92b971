-- Return the caller's id at Stripe; if there is none, `given` is it from now on.
-- Called by POST /v1/subscriptions, with a customer that Stripe has just made, and by POST /v1/subscriptions/portal (null).
-- Definer, because nobody may write subscriptions. Only the caller's own row is touched. Locks: the subscription.
create or replace function app.subscription_customer(given text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    kept text;
begin
    update app.subscriptions s set customer = coalesce(s.customer, given)
    where s.account_id = app.caller() and not s.to_end returning s.customer into kept;
    return kept;
end $$;
grant execute on function app.subscription_customer(text) to authenticated;
