"""Real deaths: the processes of the worker and the API are killed by `kill -9` while they work."""

import asyncio
from typing import Any, ClassVar
from uuid import uuid4

import httpx2
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from scripts.proofs.money.rules import Rules, some
from scripts.proofs.money.world import Held, World

STARTS_WITHIN_SECONDS = 30.0
POLL_SECONDS = 0.01
NIGHTLY = ("ledger.close_lots", "payouts.move_money", "payments.look_for_refunds", "subscriptions.look_again")

QUEUE = """
    insert into procrastinate_jobs (queue_name, task_name, priority, args)
    select 'default', task, 0, '{"timestamp": 0}' from unnest($1::text[]) task
"""
# What a dead worker had begun goes on in another one (`take_over` does the same after missed heartbeats).
GOES_ON = "update procrastinate_jobs set status = 'todo' where status = 'doing'"
BEGUN = "select count(*) from procrastinate_jobs where status <> 'todo'"
SECONDS = st.sampled_from((0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8))


class Deaths(Rules):
    """The rules by which processes die. They take seconds each, so short runs leave them out."""

    kills: ClassVar[bool] = False

    def _may_kill(self) -> bool:
        return self.kills

    def _may_kill_a_purchase(self) -> bool:
        return self.kills and bool(self.world.told.lots)

    def _may_kill_a_holder(self) -> bool:
        return self.kills and bool(self.world.told.held)

    @precondition(_may_kill)
    @rule(seconds=SECONDS, night=st.booleans())
    def worker_is_killed(self, seconds: float, night: bool) -> None:
        """A worker process takes up what is due, and is killed while it works."""
        if night:
            self.world.does(self.world.night_comes())
        self.world.does(_worker_dies(self.world, seconds, night))
        self._did("kills of the worker")

    @precondition(_may_kill_a_purchase)
    @rule(who=st.integers(0, 2), lot=some, portions=st.integers(1, 2), gift=st.booleans(), seconds=SECONDS)
    def api_is_killed_by_a_purchase(self, who: int, lot: int, portions: int, gift: bool, seconds: float) -> None:
        """The API dies while somebody reserves or gives. They ask again with the same key, and pay."""
        world, before = self.world, len(self.world.told.held)
        chosen = self._one(world.told.lots, lot)
        key = str(uuid4())
        more = {"if_unclaimed": "move"} if gift else {}
        world.does(_api_dies(world, world.reserves(world.customers[who], chosen, portions, key=key, **more), seconds))
        world.does(world.reserves(world.customers[who], chosen, portions, key=key, **more))
        held = {one.id: one for one in world.told.held[before:]}  # the first answer may have come, too
        world.told.held[before:] = held.values()
        assert len(held) <= 1, "one key made two reservations"
        for one in held.values():
            world.does(world.pays(one, "pm_card_visa"))
        self._did("kills of the API")

    @precondition(_may_kill_a_holder)
    @rule(held=some, cancels=st.booleans(), seconds=SECONDS)
    def api_is_killed_by_a_holder(self, held: int, cancels: bool, seconds: float) -> None:
        """The API dies while somebody cancels, or collects."""
        world, one = self.world, self._one(self.world.told.held, held)
        world.does(_api_dies(world, _ends(world, one, cancels=cancels), seconds))
        self._did("kills of the API")


async def _ends(world: World, held: Held, *, cancels: bool) -> None:
    if cancels:
        await world.asks(held.holder, "POST", f"/reservations/{held.id}/cancel")
    else:
        await world.collects(held)


async def _api_dies(world: World, errand: Any, seconds: float) -> None:
    """Begin an errand, kill the API so many seconds later, and start it again."""
    task = asyncio.ensure_future(errand)
    await asyncio.wait([task], timeout=seconds)
    await asyncio.to_thread(world.house.api.kill)
    try:
        await task
    except httpx2.HTTPError:
        pass  # it was cut off
    await asyncio.to_thread(world.house.api.start)
    for _ in range(round(STARTS_WITHIN_SECONDS / POLL_SECONDS)):
        try:
            if (await world.http.get(f"{world.house.url}/readyz")).is_success:
                return
        except httpx2.HTTPError:
            pass  # not yet
        await asyncio.sleep(POLL_SECONDS)
    raise RuntimeError("the API did not start again")


async def _worker_dies(world: World, seconds: float, night: bool) -> None:
    """Let a worker process run what is due, and kill it so many seconds after it has begun."""
    await world.sql.execute(QUEUE, ["by_the_clock", "payments.reconcile", *(NIGHTLY if night else ())])
    begun = await world.sql.fetchval(BEGUN)
    await asyncio.to_thread(world.house.worker.start)
    try:
        for _ in range(round(STARTS_WITHIN_SECONDS / POLL_SECONDS)):
            if await world.sql.fetchval(BEGUN) != begun:
                break
            await asyncio.sleep(POLL_SECONDS)
        await asyncio.sleep(seconds)
    finally:
        await asyncio.to_thread(world.house.worker.kill)
    await world.sql.execute(GOES_ON)
