"""Run histories in a house, in a thread of their own, and say what was found."""

import asyncio
from dataclasses import dataclass

from scripts.proofs.figures import Outcome
from scripts.proofs.house import House
from scripts.proofs.money.history import live
from scripts.proofs.money.world import World
from scripts.proofs.storms import Weather


@dataclass(frozen=True)
class Part:
    """Some histories of so many steps, which take about so long. kills: with real `kill -9` of worker and API."""

    steps: int
    seconds: float
    kills: bool = False


HURRIED = (Part(steps=25, seconds=2.5),)
AT_LENGTH = (Part(steps=300, seconds=90.0), Part(steps=100, seconds=60.0, kills=True))


async def no_cent_is_lost(house: House, outcome: Outcome, weather: Weather) -> None:
    """Let random histories of money happen for about this time, each with a settled end."""
    await asyncio.to_thread(house.worker.kill)  # jobs run in this process, in an order that can be repeated
    seed = weather.chance.getrandbits(32)
    parts = HURRIED if weather.hurried else AT_LENGTH
    try:
        for part in parts:
            histories = max(1, round(weather.seconds / len(parts) / part.seconds))
            await asyncio.to_thread(_live, house, outcome, part, histories, seed, shrink=not weather.hurried)
    finally:
        await asyncio.to_thread(house.worker.start)


def _live(house: House, outcome: Outcome, part: Part, histories: int, seed: int, *, shrink: bool) -> None:
    world = World(house)
    world.open()
    try:
        outcome.figures += live(
            world, histories=histories, steps=part.steps, seed=seed, shrink=shrink, kills=part.kills
        )
    except AssertionError as failure:
        told = [str(failure), *getattr(failure, "__notes__", [])]
        outcome.violations.append(f"histories with seed {seed}:\n" + "\n".join(told))
    finally:
        outcome.figures["deaths of the worker"] += world.worker.deaths
        world.close()
