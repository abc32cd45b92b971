"""Measure how fast lots are closed, and how long a check of a large ledger takes."""

import asyncio
import time

import psycopg

from backend.ledger.check import STEPS, check
from scripts.benchmarks.figures import Figure
from scripts.benchmarks.ground import Ground

LOTS_AT_ONCE = 200  # as the worker does
LINES_OF_A_SALE = 8  # sale 2, Stripe's fee 2, earned 4

# Everything was sold, paid and handed over days ago, and it is night in France. Triggers are off meanwhile.
NIGHT = """
create or replace function app.clock() returns timestamptz language sql stable parallel safe as $$
    select (current_date + time '03:00') at time zone 'Europe/Paris'
$$;
set session_replication_role = replica;
update app.lots set kind = 'discounted', price_cents = 399, status = 'ended',
    pickup_start = app.clock() - interval '5 days', pickup_end = app.clock() - interval '4 days 20 hours';
update app.reservations
set unit_price_cents = 399, quota_day = null, status = 'picked_up', ended_at = app.clock() - interval '5 days';
insert into app.payments
    (reservation_id, amount_cents, status, stripe_payment_intent, commission_bp, least_commission_cents)
select id, 399, 'succeeded', 'pi_' || id, 1000, 30 from app.reservations;
insert into accounting.postings (kind, source, reservation_id, event_at)
select 'sale', 'pi_' || id, id, app.clock() - interval '5 days' from app.reservations;
insert into accounting.lines (posting_id, account_id, cents)
select p.id, a.account, a.cents from accounting.postings p
cross join (values (app.ledger_account('stripe'), 399), (app.ledger_account('held'), -399)) a (account, cents);
insert into accounting.postings (kind, source, event_at)
select 'fee', 'txn_' || id, app.clock() - interval '5 days' from app.reservations;
insert into accounting.lines (posting_id, account_id, cents)
select p.id, a.account, a.cents from accounting.postings p
cross join (values (app.ledger_account('fees'), 31), (app.ledger_account('stripe'), -31)) a (account, cents)
where p.kind = 'fee';
insert into accounting.stripe_balance_transactions
select 'txn_' || p.reservation_id, null, 368, 31, 'charge', 'ch_1', p.source, p.event_at, p.event_at, p.id
from accounting.postings p where p.kind = 'sale';
insert into accounting.balances_read values ('', app.clock());
insert into app.lots_to_close select id, app.clock() - random() * interval '1 hour' from app.lots;
set session_replication_role = origin
"""


def ledger(ground: Ground) -> list[Figure]:
    """Close the lots of many handovers, then check the ledger with all their lines."""
    sales = ground.amounts.sales
    database = ground.counter("ledger", sales)
    with ground.connected(database) as connection:
        for statement in (NIGHT, "vacuum (analyze)"):
            connection.execute(statement.encode())
    with psycopg.connect(ground.worker_url(database), autocommit=True) as worker:
        began = time.perf_counter()
        while True:
            done = worker.execute("select app.close_lots(%s)", [LOTS_AT_ONCE]).fetchone()
            if done == (0,):
                break
        closing = time.perf_counter() - began
    with ground.connected(database) as connection:
        connection.execute("vacuum (analyze)")
        earned = connection.execute("select count(*) from accounting.postings where kind = 'earned'").fetchone()
    assert earned == (sales,), earned
    began = time.perf_counter()
    found = asyncio.run(check(ground.worker_url(database)))
    checking = time.perf_counter() - began
    assert found.differences == (), found.differences[:3]
    assert found.lines == sales * LINES_OF_A_SALE, found.lines
    rate, lots = sales / closing, ground.amounts.lots
    return [
        Figure("handovers posted a second when lots are closed", 1000, rate, f"{sales} handovers of {lots} lots"),
        Figure(
            "seconds of a check of the ledger", 5, checking, f"{found.lines} lines, {len(STEPS)} steps", at_most=True
        ),
    ]
