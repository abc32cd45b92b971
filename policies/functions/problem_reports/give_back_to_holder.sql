-- Refund a part of a reservation's payment, in percent, that was not refunded yet; return the cents that go back now.
-- Called by give_back_reported. What a person refunded in Stripe's dashboard counts towards it. Only the owner may
-- execute it.
-- Locks: the payment, without waiting.
create or replace function app.give_back_to_holder(reservation uuid, share int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    p   app.payments;
    due int;
begin
    select x.* into p from app.payments x where x.reservation_id = reservation for update nowait;
    if not found or p.status <> 'succeeded' then return 0; end if;
    due := greatest(round(p.amount_cents * share / 100.0), 1);
    if due <= p.refunded_cents + p.disputed_cents then return 0; end if;
    update app.payments x set status = 'refund_due', refund_cents = due, refusals = 0, looked_at = app.clock()
    where x.id = p.id;
    perform app.defer('payments.carry_forward', jsonb_build_object('payment_id', p.id));
    return due - p.refunded_cents - p.disputed_cents;
end $$;
