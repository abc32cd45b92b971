"""Measure how fast figures of shops' days are added up, and how fast the published ones of France are read."""

import statistics
import time

import psycopg

from backend.territories.loading import load_territories
from scripts.benchmarks import pgbench
from scripts.benchmarks.figures import Figure
from scripts.benchmarks.ground import CLIENTS, Ground

MONTHS, COMMUNES, READS = 24, 9_000, 15

# Releases as 10 million handovers in 24 months would leave them: 9 000 communes with shops, of which a third is told.
PUBLISHED = """
with released as (
    insert into app.releases (kind, first_day, last_day, at, method)
    select 'month', m::date, (m + interval '1 month' - interval '1 day')::date, m + interval '1 month', 'ecopanier-2025'
    from generate_series(timestamp '2025-01-01', timestamp '2025-01-01' + make_interval(months => {months} - 1),
                         interval '1 month') m
    returning id, first_day
), chosen as (
    select t.code, row_number() over (order by t.population desc) as rank
    from app.territories t where t.kind = 'commune' order by t.population desc limit {communes}
)
insert into app.released_figures
    (release_id, code, category, kind, first_day, level, suppressed, shops, lots, offered, unsold, collected, given,
     food_grams, meals, co2e_grams, collections, donated_grams, metres, people_helped, value_saved_cents,
     recovered_by_shops_cents)
select r.id, c.code, '', 'month', r.first_day, 'commune', f.hidden, n.n, n.n, n.n, n.n, n.n, n.n, n.n * 500, n.n,
       n.n * 900, n.n, n.n * 50, n.n * 10, n.n / 11 * 11, n.n * 800, n.n * 300
from released r cross join chosen c cross join lateral (select c.rank > {communes} / 3 as hidden) f
cross join lateral (select case when not f.hidden then 130 end as n) n
"""


def territories(ground: Ground) -> list[Figure]:
    """Add up handovers in the figures of their days, and read a month of all communes of France."""
    handed_over = CLIENTS * ground.amounts.handovers
    database = ground.counter("territories", handed_over)
    pgbench.per_second(
        ground.url(database),
        pgbench.HAND_OVER.format(act="pick_up"),
        clients=CLIENTS,
        each=ground.amounts.handovers,
        variables={"first": 1, "each": ground.amounts.handovers, "done": 0},
    )
    with psycopg.connect(ground.worker_url(database), autocommit=True) as worker:
        began = time.perf_counter()
        worker.execute("select app.add_up_impact()")
        took = time.perf_counter() - began
    with ground.connected(database) as connection:
        added = connection.execute("select sum(handovers) from app.figure_days").fetchone()
        assert added is not None
        assert added[0] == handed_over, added
        load_territories(ground.url(database, "postgres"))
        connection.execute(PUBLISHED.format(months=MONTHS, communes=COMMUNES).encode())
        connection.execute("analyze app.releases, app.released_figures")
    reads = []
    with psycopg.connect(ground.url(database), autocommit=True) as api:
        for number in range(READS):
            month = f"2025-{1 + number % 12:02}-01"
            began = time.perf_counter()
            row = api.execute(
                "select app.territory_figures('FR', 'month', %s, %s, '', 'commune')", [month, month]
            ).fetchone()
            reads.append((time.perf_counter() - began) * 1000)
    assert row is not None
    detail = f"{COMMUNES} communes in a month of {MONTHS}, {len(row[0]) // 1000} kB, without the network"
    return [
        Figure(
            "handovers added up to figures of days per second",
            1_000,
            handed_over / took,
            f"{handed_over} in {took * 1000:.0f} ms, beside nothing else",
        ),
        Figure("ms to read a month of all communes of France", 100, statistics.median(reads), detail, at_most=True),
    ]
