"""Compare a search among a hundred times as many lots with one among few, by the act's own time in the database."""

from contextlib import ExitStack
from functools import partial

import psycopg

from scripts.benchmarks.figures import Figure, interleaved, median, ratio
from scripts.benchmarks.ground import Ground
from scripts.benchmarks.world import EAST, MARGIN, NORTH, RARE_CATEGORY, SOUTH, WEST

# Kilometres: the default radius, and one in which even the rare category fills a page among few lots.
AROUND, FAR_AROUND = 5, 30
TURNS = 5  # per round

Connection = psycopg.Connection[tuple[object, ...]]

# Times single calls inside the database, in µs. The first 50 calls are not counted, because they plan and warm up.
TIMED = """
do $$
declare
    took float8[];
    began timestamptz;
begin
    for n in 1 .. {calls} + 50 loop
        began := clock_timestamp();
        perform app.lots_near(
            null, {south} + random() * {height}, {west} + random() * {width}, {radius} * 1000, null, {category},
            null, null, null, null, null, -1, '00000000-0000-0000-0000-000000000000', 20);
        if n > 50 then took := took || extract(epoch from clock_timestamp() - began) * 1e6; end if;
    end loop;
    perform set_config('bench.p50', percentile_cont(0.5) within group (order by t)::text, false) from unnest(took) t;
end $$;
"""


def search_at_scale(ground: Ground) -> list[Figure]:
    """Measure p50 among many lots ÷ p50 among few in the same square, without a filter and in a category of 1 %.

    With `more_lots`, the same among even more lots.
    """
    amounts = ground.amounts
    sizes = [lots for lots in (amounts.few_lots, amounts.many_lots, amounts.more_lots) if lots is not None]
    with ExitStack() as until_measured:
        # Kept through all rounds, as the API keeps its connections: a new one is slow at first, because it has to map
        # the shared memory that it uses.
        connections = {
            lots: until_measured.enter_context(
                psycopg.connect(ground.url(ground.market(lots)), autocommit=True, options="-c jit=off -c timezone=UTC")
            )
            for lots in sizes
        }
        measured = interleaved(
            # Many short turns, because other load on the machine comes and goes within seconds.
            amounts.rounds * TURNS,
            {
                f"{name}, {lots}": partial(_p50, connection, amounts.searches // TURNS, radius, category)
                for lots, connection in connections.items()
                for name, radius, category in (("all", AROUND, None), ("rare", FAR_AROUND, RARE_CATEGORY))
            },
        )
    few, *more = sizes
    return [
        Figure(
            f"search p50 at {_power(many)} ÷ {_power(few)} lots{with_what}",
            target,
            ratio(measured, f"{name}, {many}", f"{name}, {few}"),
            f"{median(measured, f'{name}, {many}'):.0f} µs ÷ {median(measured, f'{name}, {few}'):.0f} µs, {radius} km",
            at_most=True,
        )
        for many in more
        for name, with_what, target, radius in (
            ("all", "", 1.2, AROUND),
            ("rare", ", in a category that 1 % have", 1.3, FAR_AROUND),
        )
    ]


def _power(lots: int) -> str:
    """Return a round number as a power of ten, such as 10^6 or 5·10^6."""
    factor, exponent = f"{lots:.0e}".split("e+")
    return f"{'' if factor == '1' else f'{factor}·'}10^{int(exponent)}"


def _p50(connection: Connection, searches: int, radius: int, category: str | None) -> float:
    timed = TIMED.format(
        calls=searches,
        south=SOUTH + MARGIN,
        height=NORTH - SOUTH - 2 * MARGIN,
        west=WEST + MARGIN,
        width=EAST - WEST - 2 * MARGIN,
        radius=radius,
        category=f"'{category}'" if category else "null",
    )
    connection.execute(timed.encode())
    found = connection.execute("select current_setting('bench.p50')::float8").fetchone()
    assert found is not None
    return float(str(found[0]))
