-- Trigger: delete the customer at Stripe of a subscription that is forgotten here.
-- Fires when prune deletes a subscription that ended a year ago (policies/tables/subscriptions.sql). That of an erased
-- account is deleted by the worker before the row goes (subscriptions.end).
-- Definer, because nobody else may queue jobs.
create or replace function app.let_customer_go() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.defer('subscriptions.delete_customer', jsonb_build_object('customer', old.customer));
    return null;
end $$;
