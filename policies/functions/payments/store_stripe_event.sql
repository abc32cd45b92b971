-- Store a Stripe event once, and queue the jobs that look at what it is about.
-- Called by the API (POST /v1/stripe/webhook), which has checked the signature. `intent` is the PaymentIntent that
-- payments.look_at_intent looks at, if the event is about a payment. `jobs` are the features' own, by the event's type:
-- each gets the id of the object and the connected account. `paid` is our payment that was paid on Stripe's page, if the
-- event says so: Stripe made an intent of its own for the page, by which lapse_holds now knows that the hold waits for
-- this event.
-- Definer and for the API alone, because nobody may write events or payments. Only jobs that look at something can be
-- queued by it. Locks: the event's row, then the payment.
create or replace function app.store_stripe_event(
    event text, event_type text, object_id text, account text, intent text, paid uuid, jobs text[]
) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    job text;
begin
    insert into app.stripe_events (id, type, stripe_payment_intent, object_id, account)
    values (event, event_type, intent, store_stripe_event.object_id, store_stripe_event.account)
    on conflict (id) do nothing;
    if not found then return; end if;
    if intent is not null then
        update app.payments p set stripe_payment_intent = intent
        where p.id = paid and p.checkout = 'open' and p.status = 'pending';
        perform app.defer('payments.look_at_intent', jsonb_build_object('intent', intent));
    end if;
    foreach job in array jobs loop
        if job !~ '^[a-z_]+[.]look_at_[a-z_]+$' then raise exception 'not a job that looks at something: %', job; end if;
        perform app.defer(job, jsonb_build_object('object_id', object_id, 'account', account));
    end loop;
end $$;
grant execute on function app.store_stripe_event(text, text, text, text, text, uuid, text[]) to ecopanier_api;
