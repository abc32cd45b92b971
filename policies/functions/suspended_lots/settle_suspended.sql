-- Settle a gift of which nothing is offered or looking for a lot any more: refund, in one refund, what was paid and
-- not collected or was given back, and tell the donor unless they are told something else.
-- Called by close_suspended, move_suspended and gift_refunded, which hold the gift's lock. Only the owner may execute it.
-- Locks: the payment.
create or replace function app.settle_suspended(gift uuid, tell boolean default true) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    worth   int;
    taken   int;
    payment uuid;
begin
    update app.suspended_lots s set settled_at = app.clock()
    where s.id = gift and s.settled_at is null and s.unclaimed = 0
      and not exists (select from app.suspended_portions p where p.suspended_lot_id = gift and p.collected is null);
    if not found then return; end if;

    worth := app.worth_of_gift(gift);
    select coalesce(sum(p.collected), 0) into taken from app.suspended_portions p where p.suspended_lot_id = gift;
    update app.payments p set status = 'refund_due', refund_cents = p.amount_cents - worth, looked_at = app.clock()
    where p.reservation_id = gift and p.status = 'succeeded' and p.amount_cents > worth
    returning p.id into payment;
    if found then perform app.defer('payments.carry_forward', jsonb_build_object('payment_id', payment)); end if;
    perform app.note('suspended_lot.settled', 'suspended_lot', gift,
                     jsonb_build_object('collected', taken, 'worth_cents', worth));
    if tell then
        perform app.tell_donor(gift, 'over');
    end if;
end $$;
