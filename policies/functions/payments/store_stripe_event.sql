-- Store a Stripe event once, and queue the job that looks at its PaymentIntent.
-- Called by the API (POST /v1/stripe/webhook), which has checked the signature. `paid` is our payment that was paid on
-- Stripe's page, if the event says so: Stripe made an intent of its own for the page, by which lapse_holds now knows that
-- the hold waits for this event.
-- Definer and for the API alone, because nobody may write events or payments. Locks: the event's row, then the payment.
create or replace function app.store_stripe_event(event text, event_type text, intent text, paid uuid default null)
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into app.stripe_events (id, type, stripe_payment_intent) values (event, event_type, intent)
    on conflict (id) do nothing;
    if not found or intent is null then return; end if;
    update app.payments p set stripe_payment_intent = intent
    where p.id = paid and p.checkout = 'open' and p.status = 'pending';
    perform app.defer('payments.look_at_intent', jsonb_build_object('intent', intent));
end $$;
grant execute on function app.store_stripe_event(text, text, text, uuid) to ecopanier_api;
