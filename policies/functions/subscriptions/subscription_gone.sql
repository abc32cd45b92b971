-- Remove the subscription of an account that was erased, once Stripe has deleted the
-- customer.
-- Called by the worker (subscriptions.end). Definer, because nobody may write subscriptions; only the worker may execute it.
create or replace function app.subscription_gone(wanted text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from app.subscriptions s where s.customer = wanted and s.to_end;
end $$;
grant execute on function app.subscription_gone(text) to ecopanier_worker;
