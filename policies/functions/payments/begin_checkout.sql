-- Note that the holder of a hold wants to pay it on Stripe's page, and return what Stripe must be told.
-- Called by POST /v1/reservations/{id}/checkout, as the API. From now on that the first PaymentIntent is cancelled does
-- not end the hold (settle_payment). Asking again returns the same, with the session if there is one already. The page
-- ends with the hold: `ends_at` is what the hold's end was when this was first asked.
-- Definer and for the API alone, because it takes the holder's id, and nobody writes payments.
-- Locks: reservation, payment (policies/LOCKS.md).
create or replace function app.begin_checkout(
    caller uuid, reservation uuid, out payment_id uuid, out amount_cents int, out intent text, out session text,
    out ends_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    r app.reservations;
    p app.payments;
begin
    perform app.require_role(caller, 'customer', 'merchant', 'beneficiary', 'collector', 'association', 'admin');
    select x.* into r from app.reservations x
    where x.id = begin_checkout.reservation and x.account_id = caller for update;
    if not found then raise exception 'reservation.not_found' using errcode = 'EP404'; end if;
    select x.* into p from app.payments x where x.reservation_id = r.id for update;
    if not found or r.status <> 'held' or r.hold_until <= app.clock() or p.status not in ('intended', 'pending') then
        raise exception 'payment.not_due' using errcode = 'EP409';
    end if;
    update app.payments x
    set checkout = coalesce(x.checkout, 'wanted'), checkout_ends_at = coalesce(x.checkout_ends_at, r.hold_until)
    where x.id = p.id returning * into p;
    payment_id := p.id;
    amount_cents := p.amount_cents;
    intent := p.stripe_payment_intent;
    session := p.checkout_session;
    ends_at := p.checkout_ends_at;
end $$;
grant execute on function app.begin_checkout(uuid, uuid) to ecopanier_api;
