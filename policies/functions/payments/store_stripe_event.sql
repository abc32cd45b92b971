-- Store a Stripe event once, and queue the job that looks at its PaymentIntent.
-- Called by the API (POST /v1/stripe/webhook), which has checked the signature. Definer and for the API alone, because
-- nobody may write events. Locks: the event's row.
create or replace function app.store_stripe_event(event text, event_type text, intent text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into app.stripe_events (id, type, stripe_payment_intent) values (event, event_type, intent)
    on conflict (id) do nothing;
    if found and intent is not null then
        perform app.defer('payments.look_at_intent', jsonb_build_object('intent', intent));
    end if;
end $$;
grant execute on function app.store_stripe_event(text, text, text) to ecopanier_api;
