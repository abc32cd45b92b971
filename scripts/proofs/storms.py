"""Storms: a crowd works while something is killed again and again; then follow a calm and the audit."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from scripts.proofs.audit import violations
from scripts.proofs.crowd import Crowd
from scripts.proofs.figures import Outcome
from scripts.proofs.house import POLL_SECONDS, Database, House, Program
from scripts.proofs.town import Town

CLIENTS, CLIENTS_IN_A_HURRY = 16, 8
PEOPLE = 30
LEASE_SECONDS = (
    31.0  # longer than the lease of a request's key (30 s) and than reconciling leaves a payment alone (20 s)
)
HOLD_SECONDS = 11 * 60.0
CLOSED_WITHIN_SECONDS = 60.0
CALM_WITHIN_SECONDS = 150.0
HURRIED_TICK_SECONDS = 0.3
SUPERVISED_EVERY_SECONDS = 0.1

# Open payments, except holds that can still be paid. $1: the intents that Stripe has charged.
OPEN = """
    select count(*) from app.payments
    where status in ('intended', 'cancel_due', 'refund_due')
       or status = 'pending' and stripe_payment_intent = any ($1::text[])
"""
# Open holds and payments, and jobs that are marked as running by a dead worker.
UNFINISHED = """
    select (select count(*) from app.reservations where status = 'held')
         + (select count(*) from app.payments where status in ('intended', 'pending', 'cancel_due', 'refund_due'))
         + (select count(*) from jobs.procrastinate_jobs where status = 'doing'
            and worker_id is distinct from (select max(id) from jobs.procrastinate_workers))
"""


class NeverClosed(Exception):
    """Raised when something stays open."""


@dataclass
class Weather:
    """The duration and manner of a storm. hurried: advance the product's clock instead of waiting for real time."""

    seconds: float
    hurried: bool
    chance: random.Random
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def lasts(self, shortest: float, longest: float) -> bool:
        """Wait a random time within these bounds (seconds). Returns whether the storm still goes on."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.over.wait(), self.chance.uniform(shortest, longest))
        return not self.over.is_set()


Trouble: TypeAlias = Callable[[House, Outcome, Weather], Awaitable[None]]
"""Causes trouble while the storm lasts, and leaves everything running at the end."""


def kills(
    chosen: Callable[[House], Program | Database], every: tuple[float, float], down: tuple[float, float]
) -> Trouble:
    """Kill a process at random moments and start it again.

    every: bounds of the time between kills. down: bounds of the time until the start. Both in seconds.
    """

    async def kill_again_and_again(house: House, outcome: Outcome, weather: Weather) -> None:
        victim = chosen(house)
        while await weather.lasts(*every):
            await asyncio.to_thread(victim.kill)
            outcome.figures[f"kills of {victim.name}"] += 1
            await weather.lasts(*down)
            await asyncio.to_thread(victim.start)
            await house.is_ready()

    return kill_again_and_again


async def time_leaps(house: House, outcome: Outcome, weather: Weather) -> None:
    """Advance the clock past all holds while their customers pay, cancel or repeat requests."""
    while await weather.lasts(0.3, 1.8):
        await house.time_passes(HOLD_SECONDS)
        outcome.figures["leaps of the clock"] += 1


async def storm(house: House, outcome: Outcome, weather: Weather, *troubles: Trouble) -> None:
    """Run a crowd with troubles for the given time, then calm, until everything is closed; then audit."""
    town = Town(house, weather.chance)
    await town.settle(PEOPLE)
    crowd = Crowd(house, town, weather.chance)
    clients = CLIENTS_IN_A_HURRY if weather.hurried else CLIENTS
    async with hurried(house, weather), crowd.gathered(clients):
        await troubled(house, outcome, weather, *troubles)
        await house.stripe.no_faults()
        outcome.figures["left open by the storm"] += await house.value(OPEN, await _taken(house))
        calm_since = await house.value("select clock_timestamp()")
        if weather.hurried:
            await house.time_passes(LEASE_SECONDS)
        await crowd.disperses()
        await everything_closes(house, outcome, weather, calm_since)
        outcome.violations += await violations(house, [crowd])
    outcome.answers += crowd.answers
    outcome.figures += crowd.figures
    outcome.figures["requests"] += sum(crowd.answers.values()) + crowd.figures["requests cut off"]
    outcome.figures["reservations acknowledged"] += sum(1 for errand in crowd.errands if errand.answers)
    outcome.figures["payments"] += sum(1 for errand in crowd.errands if errand.paid)


async def troubled(house: House, outcome: Outcome, weather: Weather, *makers: Trouble) -> None:
    """Run the troubles while the storm lasts. When this returns, everything runs again."""
    at_work = [asyncio.ensure_future(maker(house, outcome, weather)) for maker in (*makers, _time)]
    supervising = asyncio.ensure_future(_supervise(house, outcome))
    try:
        await asyncio.wait(at_work, timeout=weather.seconds, return_when=asyncio.FIRST_EXCEPTION)
        weather.over.set()
        await asyncio.gather(*at_work)
        await house.is_ready()
    finally:
        for task in (*at_work, supervising):
            task.cancel()
        await asyncio.gather(*at_work, supervising, return_exceptions=True)


async def _time(house: House, outcome: Outcome, weather: Weather) -> None:
    """Wait for the end of the storm, so that a storm without troubles lasts as long."""
    await weather.over.wait()


async def _supervise(house: House, outcome: Outcome) -> None:
    """Restart programs that end by themselves, as `scripts/run` does. A start fails while the database is away."""
    while True:
        for program in (house.api, house.worker, house.stand_in):
            if program.ended:
                outcome.figures[f"ends of {program.name} by itself"] += 1
                await asyncio.to_thread(program.start)
        await asyncio.sleep(SUPERVISED_EVERY_SECONDS)


@asynccontextmanager
async def hurried(house: House, weather: Weather) -> AsyncIterator[None]:
    """In a hurry, make the worker run its periodic jobs all the time."""

    async def tick() -> None:
        while True:
            # It fails while the server is down; the next attempt will succeed.
            with suppress(Exception):
                await house.the_clock_ticks()
            await asyncio.sleep(HURRIED_TICK_SECONDS)

    ticking = asyncio.ensure_future(tick()) if weather.hurried else None
    try:
        yield
    finally:
        if ticking is not None:
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)


async def everything_closes(
    house: House, outcome: Outcome, weather: Weather, calm_since: datetime | None = None
) -> None:
    """Wait until nothing is open: first everything except payable holds, then those too, after they have lapsed."""
    taken = await _taken(house)
    if weather.hurried:
        await house.time_passes(LEASE_SECONDS)
    closed_at = await _none_left(house, OPEN, taken)
    if calm_since is not None:
        outcome.closed_after = (closed_at - calm_since).total_seconds()
        in_time = weather.hurried or outcome.closed_after <= CLOSED_WITHIN_SECONDS
        outcome.expect(in_time, f"closing everything that the storm left open took {outcome.closed_after:.0f} s")
    outcome.figures["holds that lapsed"] += await house.value(
        "select count(*) from app.reservations where status = 'held'"
    )
    await house.time_passes(HOLD_SECONDS)
    await _none_left(house, UNFINISHED)


async def _taken(house: House) -> list[str]:
    """Return the intents that Stripe has charged."""
    books = (await house.stripe.ledger())["payments"]
    return [entry["payment_intent"] for entry in books if entry["status"] == "succeeded"]


async def _none_left(house: House, query: str, *arguments: object) -> datetime:
    """Wait until a count is 0. Returns when that was, by the database's clock. Raises NeverClosed."""
    async with house.sql() as sql:
        deadline = time.monotonic() + CALM_WITHIN_SECONDS
        while left := await sql.fetchval(query, *arguments):
            if time.monotonic() > deadline:
                raise NeverClosed(f"{left} things are still open after {CALM_WITHIN_SECONDS:.0f} s of calm")
            await asyncio.sleep(POLL_SECONDS)
        found: datetime = await sql.fetchval("select clock_timestamp()")
        return found
