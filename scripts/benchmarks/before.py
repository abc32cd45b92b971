"""Compare the act of a reservation with that of an earlier commit, in the same run and the same Postgres.

A program in the clone of that commit fills a database of its own, because the tables may have been others then.
"""

import subprocess
import sys
from functools import partial
from pathlib import Path

from scripts.benchmarks import pgbench
from scripts.benchmarks.figures import Figure, interleaved, median, ratio
from scripts.benchmarks.ground import CLIENTS, LOTS_OF_A_SHOP, PAST_DAYS, SUPERUSER, Ground

DATABASE = "town_before"

# Runs in the clone. Arguments: the superuser's URL of the new database, accounts, lots, lots of a shop, past days.
# Prints the clone's script for pgbench.
FILL = """
import sys
import psycopg
from backend.database.migrate import migrate
from scripts.benchmarks.pgbench import RESERVE
from scripts.benchmarks.world import World

url, (accounts, lots, of_a_shop, days) = sys.argv[1], map(int, sys.argv[2:])
migrate(url)
with psycopg.connect(url) as connection:
    world = World(connection)
    world.beneficiaries(accounts)
    world.shops(lots // of_a_shop)
    world.free_lots(lots, shops=lots // of_a_shop)
    world.discounted_lots(lots, shops=lots // of_a_shop, first=lots + 1)
    world.history(accounts * days, lots=lots, accounts=accounts)
    world.done()
print(RESERVE)
"""


class CloneFailed(Exception):
    """Raised when the clone could not fill its database. The message is the end of its output."""


def reserve(ground: Ground, clone: Path) -> list[Figure]:
    """Measure reservations by pgbench ÷ the same at the clone's commit."""
    amounts = ground.amounts
    town = ground.town  # first: migrations of the older clone find the roles that ours made
    theirs = _filled(ground, clone)
    run = partial(
        pgbench.per_second,
        clients=CLIENTS,
        seconds=amounts.seconds,
        variables={"accounts": amounts.accounts, "lots": amounts.lots},
    )
    contenders = {
        "now": partial(run, ground.url(town), pgbench.RESERVE),
        "before": partial(run, ground.url(DATABASE), theirs),
    }
    interleaved(1, contenders)  # both tables have grown by one turn when the first counts
    measured = interleaved(amounts.rounds, contenders)
    detail = f"{median(measured, 'now'):.0f}/s ÷ {median(measured, 'before'):.0f}/s"
    name = "reserve by pgbench ÷ the same at the commit before"
    return [Figure(name, 1.3, ratio(measured, "now", "before"), detail)]


def _filled(ground: Ground, clone: Path) -> str:
    """Fill a database with the clone's code, and return the clone's script for pgbench. Raises CloneFailed."""
    with ground.connected("postgres") as connection:
        connection.execute(f"create database {DATABASE}".encode())
    amounts = [ground.amounts.accounts, ground.amounts.lots, LOTS_OF_A_SHOP, PAST_DAYS]
    command = [sys.executable, "-c", FILL, ground.url(DATABASE, SUPERUSER), *map(str, amounts)]
    done = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CloneFailed(done.stderr[-2000:])
    return done.stdout
