"""Measure what the impact entry and the ledger cost a handover, and check that the totals never miss an entry."""

import threading
import time

import psycopg

from scripts.benchmarks import pgbench
from scripts.benchmarks.figures import Figure, interleaved, median, ratio
from scripts.benchmarks.ground import CLIENTS, Ground
from scripts.databases import API_LOGIN

PAUSE_SECONDS = 0.01

# The obvious but wrong way: remember the newest entry that was counted, and add the newer ones.
NAIVE_TOTALS = """
create table public.naive_totals (counted_until timestamptz, entries bigint);
insert into public.naive_totals values ('-infinity', 0);
create function public.add_up_naively() returns void language sql as $$
    update public.naive_totals t
    set entries = t.entries + n.entries, counted_until = greatest(t.counted_until, n.newest)
    from (select count(*) entries, max(e.recorded_at) newest
          from app.impact_entries e
          where e.recorded_at > (select counted_until from public.naive_totals)) n
$$;
"""

# A database as it was before the ledger: without its tables, and the triggers and references that stand on them.
DROP_LEDGER = """
drop trigger queue_closing on app.lots;
drop table app.lots_to_close, accounting.lines, accounting.postings, accounting.ledger_accounts,
    accounting.closed_lots, accounting.closed_lot_corrections, accounting.stripe_balance_transactions,
    accounting.balances_read, accounting.ledger_checks, accounting.ledger_differences cascade
"""

# What a handover would do if the money were earned at the counter, instead of at night.
EARN_AT_THE_COUNTER = """perform app.post(
            'earned', r.id::text, r.id, moment,
            array[app.ledger_account('held'), app.ledger_account('shop', l.shop_id), app.ledger_account('commission'),
                  app.ledger_account('vat')],
            array[399, -351, -40, -8]);
        perform app.record_impact(r, l);"""

# The published totals and the sums of the entries, in one statement and so from one snapshot. Money is published up to
# midnight, so what is compared are the figures that move at once.
TOLD_AND_TRUE = """
select (app.public_impact() ->> 'meals')::numeric,
       (select coalesce(round(sum(meals), 1), 0) from app.impact_entries),
       (app.public_impact() ->> 'co2e_kg')::numeric,
       (select coalesce(round(sum(co2e_grams) / 1000.0, 1), 0) from app.impact_entries)
"""

COUNTED_AND_TRUE = """
select (t.food_grams, t.meals, t.co2e_grams, t.value_saved_cents, t.recovered_by_shops_cents, t.people_helped)
       = (sum(e.food_grams), sum(e.meals), sum(e.co2e_grams), sum(e.value_saved_cents),
          sum(e.recovered_by_shops_cents), sum(e.people_helped)),
       count(*), count(*) - (select n.entries from public.naive_totals n)
from app.impact_totals t, app.impact_entries e group by t.only_row
"""


def handovers(ground: Ground) -> list[Figure]:
    """Compare handovers with the same act without the impact entry."""
    amounts = ground.amounts
    each_turn = CLIENTS * amounts.handovers
    database = ground.counter("counter", each_turn * 2 * amounts.rounds)
    with ground.connected(database) as connection:
        without = _without_entry(connection)
    turns = iter(range(2 * amounts.rounds))

    def turn(act: str) -> float:
        variables = {"first": 1 + next(turns) * each_turn, "each": amounts.handovers, "done": 0}
        script = pgbench.HAND_OVER.format(act=act)
        return pgbench.per_second(
            ground.url(database), script, clients=CLIENTS, each=amounts.handovers, variables=variables
        )

    measured = interleaved(amounts.rounds, {"with": lambda: turn("pick_up"), "without": lambda: turn(without)})
    with ground.connected(database) as connection:
        found = connection.execute(
            "select (select count(*) from app.impact_entries), "
            "(select count(*) from app.reservations where status = 'picked_up')"
        ).fetchone()
    assert found == (each_turn * amounts.rounds, each_turn * 2 * amounts.rounds), found
    detail = f"{median(measured, 'with'):.0f}/s ÷ {median(measured, 'without'):.0f}/s"
    return [Figure("handovers with their impact entry ÷ without", 0.75, ratio(measured, "with", "without"), detail)]


def beside_the_ledger(ground: Ground) -> list[Figure]:
    """Compare handovers with the same act in a database without the ledger; the control posts at the counter."""
    amounts = ground.amounts
    each_turn = CLIENTS * amounts.handovers
    now = ground.counter("counter_now", each_turn * 2 * amounts.rounds)
    before = ground.counter("counter_before", each_turn * amounts.rounds)
    with ground.connected(before) as connection:
        connection.execute(DROP_LEDGER.encode())
    with ground.connected(now) as connection:
        posting = _changed(connection, "pick_up_and_post", EARN_AT_THE_COUNTER)
    turns = {now: iter(range(2 * amounts.rounds)), before: iter(range(amounts.rounds))}

    def turn(database: str, act: str) -> float:
        variables = {"first": 1 + next(turns[database]) * each_turn, "each": amounts.handovers, "done": 0}
        script = pgbench.HAND_OVER.format(act=act)
        return pgbench.per_second(
            ground.url(database), script, clients=CLIENTS, each=amounts.handovers, variables=variables
        )

    measured = interleaved(
        amounts.rounds,
        {
            "now": lambda: turn(now, "pick_up"),
            "before": lambda: turn(before, "pick_up"),
            "posting": lambda: turn(now, posting),
        },
    )
    detail = (
        f"{median(measured, 'now'):.0f}/s ÷ {median(measured, 'before'):.0f}/s; control that posts at the counter: "
        f"{ratio(measured, 'posting', 'before'):.2f}"
    )
    return [Figure("handovers with the ledger ÷ without its tables", 0.95, ratio(measured, "now", "before"), detail)]


def totals(ground: Ground) -> list[Figure]:
    """Add up all the time during handovers; compare the totals with all entries, repeatedly and at the end."""
    amounts = ground.amounts
    each = amounts.handovers * 4
    database = ground.counter("totals", CLIENTS * each)
    with ground.connected(database) as connection:
        connection.execute(NAIVE_TOTALS.encode())
    over = threading.Event()
    adding = threading.Thread(target=_add_up, args=(ground, database, over))
    handing_over = threading.Thread(
        target=pgbench.per_second,
        args=(ground.url(database), pgbench.HAND_OVER.format(act="pick_up")),
        kwargs={"clients": CLIENTS, "each": each, "variables": {"first": 1, "each": each, "done": 0}},
    )
    adding.start()
    handing_over.start()
    looks, wrong = 0, 0
    with ground.connected(database) as connection:
        while handing_over.is_alive():
            told = connection.execute(TOLD_AND_TRUE.encode()).fetchone()
            assert told is not None
            looks += 1
            wrong += told[0] != told[1] or told[2] != told[3]
            time.sleep(PAUSE_SECONDS)
        handing_over.join()
        over.set()
        adding.join()
        connection.execute("select app.add_up_impact(), public.add_up_naively()")
        found = connection.execute(COUNTED_AND_TRUE.encode()).fetchone()
    assert found is not None
    same, entries, lost_naively = found
    assert entries == CLIENTS * each, entries
    missed = wrong + (not same)
    detail = (
        f"{entries} entries, {looks} looks in between and the totals at the end; control by a watermark on time: "
        f"{lost_naively} lost"
    )
    return [Figure("moments at which a total missed an entry", 0, missed, detail, at_most=True)]


def _add_up(ground: Ground, database: str, over: threading.Event) -> None:
    with (
        psycopg.connect(ground.worker_url(database), autocommit=True) as worker,
        ground.connected(database) as anybody,
    ):
        while not over.is_set():
            worker.execute("select app.add_up_impact()")
            anybody.execute("select public.add_up_naively()")


def _without_entry(connection: "psycopg.Connection[tuple[object, ...]]") -> str:
    """Create a copy of pick_up that writes no impact entry, and return its name."""
    return _changed(connection, "pick_up_without_entry", "")


def _changed(connection: "psycopg.Connection[tuple[object, ...]]", name: str, instead: str) -> str:
    """Create a copy of pick_up with something else instead of its impact entry, and return its name."""
    found = connection.execute("select pg_get_functiondef('app.pick_up'::regproc)").fetchone()
    assert found is not None
    text = str(found[0]).replace("FUNCTION app.pick_up(", f"FUNCTION app.{name}(")
    text = text.replace("pick_up.shown_at", f"{name}.shown_at")  # an argument, by the name of its function
    text, entry = text.replace("perform app.record_impact(r, l);", instead), text
    assert text != entry, "pick_up does not call record_impact as this expects"
    connection.execute(text.encode())
    connection.execute(f"alter function app.{name} owner to ecopanier_owner".encode())
    connection.execute(f"revoke execute on function app.{name} from public".encode())
    connection.execute(f"grant execute on function app.{name} to {API_LOGIN}".encode())
    return name
