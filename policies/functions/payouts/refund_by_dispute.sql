-- Count what lost disputes gave back to a payer as the refund that is due, so that it is not paid twice; return the payment's
-- status, and what disputes gave back of what is due, in cents. If that is all of it, the payment is refunded.
-- Called by the worker (payments.carry_forward) with what Stripe says of the payment now, before it asks for a refund: Stripe
-- refuses to refund what was disputed and lost. The money leaves what is held or earned of the sale instead of the platform's
-- losses; what its shop bears already stays as it is.
-- Definer, because nobody may write payments or postings; only the worker may execute it.
-- Locks: the payment, the sale's posting, its disputes in the order of ids (policies/LOCKS.md).
create or replace function app.refund_by_dispute(
    payment uuid, received_cents int, paid_at timestamptz, refunded int, refunds jsonb, out status text, out disputed_cents int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    p       app.payments;
    given   int;
    missing bigint;
    lost    text;
    part    bigint;
begin
    select x.* into p from app.payments x where x.id = payment for update;
    if not found then return; end if;
    status := p.status;
    disputed_cents := p.disputed_cents;
    if p.status <> 'refund_due' then return; end if;
    perform app.post_payment(r.id, r.purpose, p.stripe_payment_intent, received_cents, coalesce(paid_at, app.clock()), refunds)
    from app.reservations r where r.id = p.reservation_id;
    perform from accounting.postings s where s.kind = 'sale' and s.source = p.stripe_payment_intent for no key update;
    perform from accounting.disputes d where d.payment_id = p.id order by d.id for update;
    missing := coalesce(p.refund_cents, received_cents) - refunded - p.disputed_cents;
    given := least(missing, app.dispute_given_back(p.id) - p.disputed_cents);
    if given <= 0 then return; end if;

    disputed_cents := p.disputed_cents + given;
    if given = missing then status := 'refunded'; end if;
    update app.payments x
    set status = refund_by_dispute.status, disputed_cents = refund_by_dispute.disputed_cents, refunded_cents = refunded,
        stripe_refund = case refund_by_dispute.status when 'refunded' then (
            select f.id from jsonb_to_recordset(refunds) as f (id text, stands boolean, at timestamptz)
            where f.stands order by f.at desc, f.id limit 1) end,
        refusals = 0, looked_at = app.clock()
    where x.id = p.id;
    for lost in select d.id from accounting.disputes d where d.payment_id = p.id and d.status = 'lost' order by d.id loop
        part := least(given, app.dispute_loss(lost, p.reservation_id));
        continue when part <= 0;
        given := given - part;
        perform app.post_refund(
            p.reservation_id, 'dispute_refund',
            lost || coalesce((select ':' || count(*) + 1 from accounting.postings q
                              where q.reservation_id = p.reservation_id and q.kind = 'dispute_refund'
                                and split_part(q.source, ':', 1) = lost having count(*) > 0), ''),
            part, app.clock(), 'losses', 'dispute');
    end loop;
end $$;
grant execute on function app.refund_by_dispute(uuid, int, timestamptz, int, jsonb) to ecopanier_worker;
