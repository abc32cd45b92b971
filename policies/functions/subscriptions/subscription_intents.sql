-- Return those of some intents that paid a month of Premium.
-- Called by the worker (subscriptions.look_again), for intents of which something was refunded.
-- Definer, because nobody may read the books; only the worker may execute it.
create or replace function app.subscription_intents(intents text[]) returns setof text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select p.intent from accounting.billed_periods p where p.intent = any (intents) order by p.intent
$$;
grant execute on function app.subscription_intents(text[]) to ecopanier_worker;
