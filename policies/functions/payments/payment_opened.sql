-- Remember the PaymentIntent that Stripe has made for a payment, and keep the sealed answer for a repeated request.
-- Called by the API once Stripe has answered, after reserve, take_offer or suspend_lot. Returns the answer that stands:
-- the given one, or the one of a request that took over because this one was slow. If the hold ended meanwhile, the
-- intent is remembered all the same, so that it gets cancelled.
-- Definer and for the API alone: it takes the holder's id, and nobody writes payments. Locks: payment, key's row.
create or replace function app.payment_opened(
    payment uuid, intent text, holder uuid, idempotency_key text, answer text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    reservation uuid;
begin
    update app.payments p
    set stripe_payment_intent = intent, looked_at = app.clock(),
        status = case when p.status = 'intended' then 'pending'
                      when p.status = 'cancelled' and p.stripe_payment_intent is distinct from intent then 'cancel_due'
                      else p.status end
    where p.id = payment
    returning p.reservation_id into reservation;
    update app.idempotency_keys i set status = 201, body = answer
    where i.scope = holder and i.key = idempotency_key and i.reservation_id = reservation and i.status is null;
    if found then return answer; end if;
    return coalesce((select i.body from app.idempotency_keys i
                     where i.scope = holder and i.key = idempotency_key and i.reservation_id = reservation), answer);
end $$;
grant execute on function app.payment_opened(uuid, text, uuid, text, text) to ecopanier_api;
