"""Run histories in a house, in a thread of their own, and say what was found."""

import asyncio

from scripts.proofs.figures import Outcome
from scripts.proofs.house import House
from scripts.proofs.money.history import live
from scripts.proofs.money.world import World
from scripts.proofs.storms import Weather

STEPS, STEPS_IN_A_HURRY = 300, 25
SECONDS_A_HISTORY, SECONDS_IN_A_HURRY = 40.0, 2.5


async def no_cent_is_lost(house: House, outcome: Outcome, weather: Weather) -> None:
    """Let random histories of money happen for about this time, each with a settled end."""
    await asyncio.to_thread(house.worker.kill)  # jobs run in this process, in an order that can be repeated
    seed = weather.chance.getrandbits(32)
    histories = max(2, round(weather.seconds / (SECONDS_IN_A_HURRY if weather.hurried else SECONDS_A_HISTORY)))
    try:
        await asyncio.to_thread(_live, house, outcome, histories, seed, hurried=weather.hurried)
    finally:
        await asyncio.to_thread(house.worker.start)


def _live(house: House, outcome: Outcome, histories: int, seed: int, *, hurried: bool) -> None:
    world = World(house)
    world.open()
    try:
        outcome.figures += live(
            world,
            histories=histories,
            steps=STEPS_IN_A_HURRY if hurried else STEPS,
            seed=seed,
            shrink=not hurried,
            kills=not hurried,
        )
    except AssertionError as failure:
        told = [str(failure), *getattr(failure, "__notes__", [])]
        outcome.violations.append(f"histories with seed {seed}:\n" + "\n".join(told))
    finally:
        outcome.figures["deaths of the worker"] += world.worker.deaths
        world.close()
