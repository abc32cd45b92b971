-- Move payments that nothing can change any more to the books, without anything that tells who paid for what; return
-- how many left.
-- Called by finish_erasure and forget_reservations. A payment by which no money moved is deleted: there is nothing to
-- keep.
-- Definer, because nobody else may write the books; only the owner may execute it.
-- Locks: the payments in the order of ids.
create or replace function app.book_payments(payments uuid[]) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    final uuid[];
begin
    -- A cancelled payment waits an hour, because Stripe may still be asked about it.
    final := array(
        select p.id from app.payments p join app.reservations r on r.id = p.reservation_id
        where p.id = any (payments) and r.status not in ('held', 'confirmed')
          -- What is owed of a gift is known once it is settled.
          and not exists (select from app.suspended_lots s join app.suspended_portions t on t.suspended_lot_id = s.id
                          where s.id = r.id and s.settled_at is null)
          -- What a problem report may still give back is known once nobody has to decide about it any more.
          and not exists (select from app.problem_reports q join app.reservations x on x.id = q.reservation_id
                          where q.given_back_at is null
                            and (q.decision = 'give_back'
                                 or q.decision is null and (q.outcome is null or q.outcome = 'give_back'))
                            and (x.id = r.id or x.lot_id in (select t.lot_id from app.suspended_portions t
                                                             where t.suspended_lot_id = r.id)))
          and (p.status in ('succeeded', 'refunded')
               or p.status = 'cancelled' and p.looked_at < app.clock() - interval '1 hour')
        order by p.id for update of p);
    insert into accounting.payments (payment_id, paid_at, amount_cents, refunded_cents, status, stripe_payment_intent,
                                     stripe_refund, shop_siret, lot_category, moved_at, commission_bp,
                                     least_commission_cents, disputed_cents)
    select p.id, p.created_at, p.amount_cents, least(p.refunded_cents, p.amount_cents),
           p.status, p.stripe_payment_intent, p.stripe_refund, coalesce(e.siret, s.siret), l.category, app.clock(), p.commission_bp,
           p.least_commission_cents, p.disputed_cents
    from app.payments p
    join app.reservations r on r.id = p.reservation_id
    join app.lots l on l.id = r.lot_id
    join app.shops s on s.id = l.shop_id
    left join accounting.erased_shops e on e.shop_id = s.id
    where p.id = any (final) and p.status in ('succeeded', 'refunded')
    on conflict (payment_id) do nothing;
    delete from app.payments p where p.id = any (final);
    return cardinality(final);
end $$;
