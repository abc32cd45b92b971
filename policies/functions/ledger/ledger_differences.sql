-- Return what one step of the check finds wrong: `balance`, `sales`, `lots`, `funds` or `stripe`; nothing if all is well.
-- Called by the worker's daily job and by `ecopanier ledger check`, step by step in one snapshot. Each kind:
-- balance: `unbalanced` postings, by book; `empty` ones without lines.
-- sales: `overdrawn`, of which more went out than was held; `not_posted`, a payment of ours that is not in the ledger;
--   `refunded`, of which the ledger and the payment disagree; `not_earned`, of which money is held although its lot is closed.
-- lots: `closed_lots`, a shop whose closed lots and corrections differ from its account.
-- funds: `fund`, one whose ceiling is not what it granted, gave back and has left, or of which the ledger says another amount
--   left, granted or not yet paid. Its id is the `source`.
-- stripe: `amount`, a posting that Stripe says moved another amount, or moved twice; `unknown`, what moved at Stripe and is
--   not in the ledger after an hour; `not_at_stripe`, what the ledger says moved and Stripe's list does not, three days later.
-- `cents` says by how much, as far as that can be said.
-- Definer, because the worker may not read the ledger; only the worker may execute it.
create or replace function app.ledger_differences(step text)
returns table (kind text, source text, reservation_id uuid, shop_id uuid, cents bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set work_mem = '128MB' as $$
#variable_conflict use_column
declare
    moment timestamptz := app.clock();
    stripe bigint := (select a.id from accounting.ledger_accounts a where a.kind = 'stripe');
    pools  bigint[] := array(select a.id from accounting.ledger_accounts a where a.kind in ('held', 'suspended'));
begin
    if step = 'balance' then
        return query
        with sums as materialized (
            select n.posting_id, sum(n.cents)::bigint as cents from accounting.lines n group by n.posting_id
        ), wrong as (
            select s.posting_id, s.cents from sums s where s.cents <> 0
            union all
            -- What comes to 0 in all, in each shop's book and in each fund's does so in the platform's.
            select n.posting_id, sum(n.cents)::bigint
            from accounting.ledger_accounts a join accounting.lines n on n.account_id = a.id
            where a.book <> 'platform' group by n.posting_id, a.book, a.subject having sum(n.cents) <> 0
        )
        select 'unbalanced', p.source, p.reservation_id, null::uuid, w.cents
        from wrong w join accounting.postings p on p.id = w.posting_id
        union all
        select 'empty', p.source, p.reservation_id, null::uuid, 0::bigint from accounting.postings p
        where not exists (select from sums s where s.posting_id = p.id);
    elsif step = 'sales' then
        return query
        with pools as materialized (
            select p.reservation_id, sum(n.cents)::bigint as cents
            from accounting.postings p join accounting.lines n on n.posting_id = p.id and n.account_id = any (pools)
            where p.reservation_id is not null group by p.reservation_id having sum(n.cents) <> 0
        )
        select 'overdrawn', null::text, k.reservation_id, null::uuid, k.cents from pools k where k.cents > 0
        union all
        select 'not_earned', x.stripe_payment_intent, k.reservation_id, null::uuid, -k.cents
        from pools k
        join app.payments x on x.reservation_id = k.reservation_id and x.status <> 'refund_due'
        join app.reservations r on r.id = k.reservation_id and r.purpose = 'collect'
        where k.cents < 0
          and exists (select from accounting.postings p where p.reservation_id = k.reservation_id and p.kind = 'earned')
          and not exists (select from app.lots_to_close q where q.lot_id = r.lot_id);
        return query
        with said as (
            select x.reservation_id, x.stripe_payment_intent, x.refunded_cents, x.status from app.payments x
            where x.status in ('succeeded', 'refund_due', 'refunded')
        ), posted as (
            select p.reservation_id, bool_or(p.kind = 'sale') as sold,
                   -coalesce(sum(n.cents) filter (where p.kind in ('refund', 'refund_failed')), 0)::bigint as refunded
            from accounting.postings p join accounting.lines n on n.posting_id = p.id and n.account_id = stripe
            where p.reservation_id is not null group by p.reservation_id
        )
        select case when coalesce(p.sold, false) then 'refunded' else 'not_posted' end, s.stripe_payment_intent,
               s.reservation_id, null::uuid, s.refunded_cents - coalesce(p.refunded, 0)
        from said s left join posted p on p.reservation_id = s.reservation_id
        where not coalesce(p.sold, false) or p.refunded <> s.refunded_cents;
    elsif step = 'lots' then
        return query
        with totals as (
            select x.shop_id, sum(x.net)::bigint as net
            from (select c.shop_id, c.net_cents as net from accounting.closed_lots c
                  union all select c.shop_id, c.net_cents from accounting.closed_lot_corrections c) x
            group by x.shop_id
        ), owed as (
            select a.subject as shop_id, -sum(n.cents)::bigint as net
            from accounting.ledger_accounts a join accounting.lines n on n.account_id = a.id
            join accounting.postings p on p.id = n.posting_id
            where a.kind = 'shop' and p.reservation_id is not null group by a.subject
        )
        select 'closed_lots', null::text, null::uuid, coalesce(t.shop_id, o.shop_id), coalesce(t.net, 0) - coalesce(o.net, 0)
        from totals t full join owed o on o.shop_id = t.shop_id
        where coalesce(t.net, 0) <> coalesce(o.net, 0);
    elsif step = 'funds' then
        return query
        with granted as materialized (
            select x.fund_id, sum(x.cents)::bigint as cents
            from (select g.fund_id, g.cents from accounting.grants g
                  union all select c.fund_id, c.cents from accounting.grant_corrections c) x
            group by x.fund_id
        ), paid as materialized (
            select s.fund_id, sum(l.cents)::bigint as cents
            from accounting.fund_lines l join accounting.fund_statements s on s.id = l.statement_id
            where l.paid_at is not null group by s.fund_id
        ), balances as materialized (
            select a.subject as fund_id, coalesce(sum(n.cents) filter (where a.kind = 'fund'), 0)::bigint as fund,
                   coalesce(sum(n.cents) filter (where a.kind = 'subsidy'), 0)::bigint as subsidy
            from accounting.ledger_accounts a join accounting.lines n on n.account_id = a.id
            where a.book = 'subsidy' group by a.subject
        )
        select 'fund', f.id::text, null::uuid, null::uuid,
               coalesce(nullif(f.ceiling_cents - f.left_cents - f.returned_cents - coalesce(g.cents, 0), 0),
                        nullif(-coalesce(b.fund, 0) - f.left_cents, 0),
                        -coalesce(b.subsidy, 0) - coalesce(g.cents, 0) + coalesce(p.cents, 0))
        from app.funds f
        left join granted g on g.fund_id = f.id
        left join paid p on p.fund_id = f.id
        left join balances b on b.fund_id = f.id
        where f.decided_at is not null and f.status <> 'rejected'
          -- Those whose time is over are forgotten in steps.
          and (f.settled_at is null or f.settled_at > moment - app.kept_for('accounting_payments'))
          and (f.ceiling_cents <> f.left_cents + f.returned_cents + coalesce(g.cents, 0)
               or -coalesce(b.fund, 0) <> f.left_cents
               or -coalesce(b.subsidy, 0) <> coalesce(g.cents, 0) - coalesce(p.cents, 0));
    elsif step = 'stripe' then
        return query
        select 'amount', p.source, p.reservation_id, null::uuid, (t.cents - coalesce(n.cents, 0))::bigint
        from (select b.posting_id, sum(case b.category when 'dispute' then b.net else b.net + b.fee end) as cents
              from accounting.stripe_balance_transactions b
              where b.posting_id is not null and b.account is null group by b.posting_id) t
        join accounting.postings p on p.id = t.posting_id
        left join accounting.lines n on n.posting_id = p.id and n.account_id = stripe
        where t.cents <> coalesce(n.cents, 0);
        return query
        select 'unknown', t.id, null::uuid, null::uuid, t.net + t.fee from accounting.stripe_balance_transactions t
        where t.posting_id is null and t.account is null and t.net + t.fee <> 0
          and t.created_at < moment - interval '1 hour';
        return query
        select 'not_at_stripe', p.source, p.reservation_id, null::uuid, n.cents
        from accounting.lines n join accounting.postings p on p.id = n.posting_id
        where n.account_id = stripe and p.kind not in ('fee', 'carried')
          and p.event_at < (select b.read_until - interval '3 days' from accounting.balances_read b where b.account = '')
          and not exists (select from accounting.stripe_balance_transactions t where t.posting_id = p.id)
          -- A refund that failed at once may never have moved anything.
          and not (p.kind = 'refund' and exists (
                       select from accounting.postings f where f.kind = 'refund_failed' and f.source = p.source
                         and not exists (select from accounting.stripe_balance_transactions t where t.posting_id = f.id))
                   or p.kind = 'refund_failed' and exists (
                       select from accounting.postings f where f.kind = 'refund' and f.source = p.source
                         and not exists (select from accounting.stripe_balance_transactions t where t.posting_id = f.id)));
    else
        raise exception 'no such step: %', step;
    end if;
end $$;
grant execute on function app.ledger_differences(text) to ecopanier_worker;
