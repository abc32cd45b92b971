-- Return what an amount with 20 % VAT is before it, in cents, half up: exactly what it was made from (premium_price).
-- Called by own_subscription and subscription_paid.
create or replace function app.net_of(gross bigint) returns bigint
language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
    select (gross * 10 + 6) / 12
$$;
