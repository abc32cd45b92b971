-- Remember the page on which a hold can be paid; return whether it still can.
-- Called by the API once Stripe has answered, and by the worker (payments.carry_forward). If the hold ended meanwhile,
-- the session is remembered all the same, so that it gets expired.
-- Definer, because nobody may write payments; only the API and the worker may execute it. Locks: the payment.
create or replace function app.checkout_opened(payment uuid, session text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    p app.payments;
begin
    update app.payments x
    set checkout = 'open', checkout_session = session, looked_at = app.clock(),
        status = case when x.status = 'intended' then 'pending' when x.status = 'cancelled' then 'cancel_due' else x.status end
    where x.id = payment and x.checkout is not null returning * into p;
    if p.status = 'cancel_due' then
        perform app.defer('payments.carry_forward', jsonb_build_object('payment_id', p.id));
    end if;
    return coalesce(p.status = 'pending', false);
end $$;
grant execute on function app.checkout_opened(uuid, text) to ecopanier_api, ecopanier_worker;
