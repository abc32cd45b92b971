"""Storms: a crowd at work while something is killed again and again, then calm, then the audit."""

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
LEASE_SECONDS = 31.0  # who takes over from a dead API waits for its claim to end; the reconciling job leaves 20 s
HOLD_SECONDS = 11 * 60.0
CLOSED_WITHIN_SECONDS = 60.0
CALM_WITHIN_SECONDS = 150.0
HURRIED_TICK_SECONDS = 0.3
SUPERVISED_EVERY_SECONDS = 0.1

# What is open apart from holds that their customers may still pay; $1: the intents that Stripe took money for.
OPEN = """
    select count(*) from app.payments
    where status in ('intended', 'cancel_due', 'refund_due')
       or status = 'pending' and stripe_payment_intent = any ($1::text[])
"""
# Holds have lapsed, and no worker that is dead is said to be at work.
UNFINISHED = """
    select (select count(*) from app.reservations where status = 'held')
         + (select count(*) from app.payments where status in ('intended', 'pending', 'cancel_due', 'refund_due'))
         + (select count(*) from jobs.procrastinate_jobs where status = 'doing'
            and worker_id is distinct from (select max(id) from jobs.procrastinate_workers))
"""


class NeverClosed(Exception):
    """Something stayed open that nobody closes."""


@dataclass
class Weather:
    """How long, and how: `hurried` lets time pass by itself where a long run waits for the real clock."""

    seconds: float
    hurried: bool
    chance: random.Random
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def lasts(self, shortest: float, longest: float) -> bool:
        """Let some time pass; whether it is still stormy then."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.over.wait(), self.chance.uniform(shortest, longest))
        return not self.over.is_set()


Trouble: TypeAlias = Callable[[House, Outcome, Weather], Awaitable[None]]
"""Makes trouble while the weather lasts, and leaves everything running."""


def kills(
    chosen: Callable[[House], Program | Database], every: tuple[float, float], down: tuple[float, float]
) -> Trouble:
    """Kill a process at random moments, and start it again; in seconds, between kills and until the start."""

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
    """The clock leaps past every hold, while their customers pay, cancel or come back for an answer."""
    while await weather.lasts(0.3, 1.8):
        await house.time_passes(HOLD_SECONDS)
        outcome.figures["leaps of the clock"] += 1


async def storm(house: House, outcome: Outcome, weather: Weather, *troubles: Trouble) -> None:
    """A crowd, troubles for as long as asked, then calm; everything open gets closed, and nothing disagrees."""
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
    """Let them make trouble while the weather lasts; when this returns, everything runs again."""
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
    """Pass, also where nobody makes trouble."""
    await weather.over.wait()


async def _supervise(house: House, outcome: Outcome) -> None:
    """Start again what ends by itself, as `scripts/run` does: a start fails while the database is away."""
    while True:
        for program in (house.api, house.worker, house.stand_in):
            if program.ended:
                outcome.figures[f"ends of {program.name} by itself"] += 1
                await asyncio.to_thread(program.start)
        await asyncio.sleep(SUPERVISED_EVERY_SECONDS)


@asynccontextmanager
async def hurried(house: House, weather: Weather) -> AsyncIterator[None]:
    """In a hurry, the worker's clock ticks all the time."""

    async def tick() -> None:
        while True:
            # A server that is being killed takes no job; the next tick finds it again.
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
    """Wait until nothing is open: first apart from holds that may still be paid, then, when they have lapsed, those."""
    taken = await _taken(house)
    if weather.hurried:
        await house.time_passes(LEASE_SECONDS)
    closed_at = await _none_left(house, OPEN, taken)
    if calm_since is not None:
        outcome.closed_after = (closed_at - calm_since).total_seconds()
        in_time = weather.hurried or outcome.closed_after <= CLOSED_WITHIN_SECONDS
        outcome.holds(in_time, f"what the storm left open took {outcome.closed_after:.0f} s to close")
    outcome.figures["holds that lapsed"] += await house.value(
        "select count(*) from app.reservations where status = 'held'"
    )
    await house.time_passes(HOLD_SECONDS)
    await _none_left(house, UNFINISHED)


async def _taken(house: House) -> list[str]:
    """The intents that Stripe took money for."""
    books = (await house.stripe.ledger())["payments"]
    return [entry["payment_intent"] for entry in books if entry["status"] == "succeeded"]


async def _none_left(house: House, query: str, *arguments: object) -> datetime:
    """Wait until a count is 0; say when that was, by the database's clock. Raises NeverClosed."""
    async with house.sql() as sql:
        deadline = time.monotonic() + CALM_WITHIN_SECONDS
        while left := await sql.fetchval(query, *arguments):
            if time.monotonic() > deadline:
                raise NeverClosed(f"{left} things are still open after {CALM_WITHIN_SECONDS:.0f} s of calm")
            await asyncio.sleep(POLL_SECONDS)
        found: datetime = await sql.fetchval("select clock_timestamp()")
        return found
