-- Show each booked payment as it stands now: with the refunds of its last correction, if it has one. `corrected_at` says
-- when that was noted. A payment that is `succeeded` has refunds too if some of it was given back by hand.
-- Read by the accountant, and by correct_books and refunds_behind. Security invoker: the rights are those on the tables.
create view accounting.current_payments with (security_invoker = true) as
select p.payment_id, p.paid_at, p.amount_cents, coalesce(c.refunded_cents, p.refunded_cents) as refunded_cents,
       case when c.refunded_cents = 0 and c.disputed_cents = 0 then 'succeeded' when c.refunded_cents = p.amount_cents then 'refunded'
            else p.status end as status,
       p.stripe_payment_intent, case when c.id is null then p.stripe_refund else c.stripe_refund end as stripe_refund,
       p.shop_siret, p.lot_category, p.moved_at, c.noted_at as corrected_at,
       coalesce(c.disputed_cents, p.disputed_cents) as disputed_cents
from accounting.payments p
left join lateral (
    select x.* from accounting.corrections x where x.payment_id = p.payment_id order by x.id desc limit 1) c on true;
grant select on accounting.current_payments to ecopanier_accountant;
