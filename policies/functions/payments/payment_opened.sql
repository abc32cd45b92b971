-- Stripe knows the payment now: remember its PaymentIntent and keep the answer for a repeated request. How to pay stands
-- in it as the API sealed it, because whoever has Stripe's client secret may pay and see the payment.
-- For the API, after reserve(). If the hold ended meanwhile, the intent is still remembered, so that it gets cancelled.
create or replace function app.payment_opened(
    payment uuid, intent text, holder uuid, idempotency_key text, sealed_payment text, out status int, out body text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    reservation uuid;
    kept        text;
begin
    update app.payments p
    set stripe_payment_intent = intent, looked_at = app.clock(),
        status = case when p.status = 'intended' then 'pending'
                      when p.status = 'cancelled' and p.stripe_payment_intent is distinct from intent then 'cancel_due'
                      else p.status end
    where p.id = payment
    returning p.reservation_id into reservation;
    status := 201;
    body := (app.reservation_json(reservation)::jsonb || jsonb_build_object('payment', sealed_payment))::text;
    update app.idempotency_keys i set status = payment_opened.status, body = payment_opened.body
    where i.scope = holder and i.key = idempotency_key and i.reservation_id = reservation and i.status is null;
    if not found then
        -- Who took over from us, because we were so slow, has answered already: that answer stands.
        select i.body into kept from app.idempotency_keys i
        where i.scope = holder and i.key = idempotency_key and i.reservation_id = reservation;
        body := coalesce(kept, body);
    end if;
end $$;
grant execute on function app.payment_opened(uuid, text, uuid, text, text) to ecopanier_api;
