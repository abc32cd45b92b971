-- Return the least amount that Stripe takes in euros: 0.50 €
-- (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).
-- Called by reserve, join_waiting, allowance and hand_on, which refuse or pass over what costs less. A constant that
-- the planner puts in place.
create or replace function app.least_payment_cents() returns int language sql immutable parallel safe as $$ select 50 $$;
