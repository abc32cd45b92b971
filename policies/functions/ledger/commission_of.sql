-- Return the commission on an amount, before VAT (`commission`) and its VAT (20 %), in cents; together at most the amount.
-- Called by the acts that post. `basis_points` and `least_cents` are those that were agreed at the sale. Rounded half up: the
-- commission to a cent of the amount, then its VAT to a cent of the commission.
create or replace function app.commission_of(amount bigint, basis_points int, least_cents int, out commission bigint, out vat bigint)
language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
    select c.commission, (c.commission + 2) / 5
    from (select least(
        greatest((amount * basis_points + 5000) / 10000, least_cents),
        -- The most that leaves room for its VAT: of 6 cents 5.
        5 * (amount / 6) + amount % 6 - (amount % 6 >= 3)::int) as commission) c
$$;
