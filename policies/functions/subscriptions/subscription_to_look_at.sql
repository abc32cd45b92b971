-- Return the version of a customer's subscription, which the state that Stripe is asked for now has to meet again, and
-- whether the subscription is to end.
-- Called by the worker (subscriptions.look) before it asks. All null if no account of ours is that customer.
-- Definer, because nobody may read subscriptions; only the worker and the API may execute it.
create or replace function app.subscription_to_look_at(wanted text, out version int, out to_end boolean)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    select s.version, s.to_end into version, to_end from app.subscriptions s where s.customer = wanted;
end $$;
grant execute on function app.subscription_to_look_at(text) to ecopanier_worker, ecopanier_api;
