"""A worker that may die between any two of its calls, and that runs its jobs in the order in which it is told to."""

import asyncio
import json
import random
from collections.abc import Callable
from typing import Any, cast

import asyncpg
import procrastinate

from backend import worker
from backend.database.sessions import Database
from backend.job_context import Work
from backend.periodic_jobs import by_the_clock
from backend.stripe.calls import PaymentRefused
from backend.stripe.client import Stripe
from backend.stripe.problems import PaymentUnavailable

MOST_ROUNDS = 40
NOT_RUN = ("notices.deliver",)  # mails move no money

DUE = """
    select id, task_name, args from jobs.procrastinate_jobs
    where status = 'todo' and task_name <> all ($1) order by id
"""


class Killed(BaseException):
    """Raised at the call before or after which the worker dies. Nothing of ours catches it."""


class Fuse:
    """Counts calls, and kills the worker at one of them: what it sent before may have happened, all else has not."""

    def __init__(self) -> None:
        self.left: int | None = None

    def burn(self) -> None:
        if self.left is None:
            return
        if self.left <= 0:
            raise Killed
        self.left -= 1


class _Mortal:
    """Burns the fuse before and after each call that something offers."""

    def __init__(self, living: object, fuse: Fuse) -> None:
        self._living, self._fuse = living, fuse

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._living, name)
        if not asyncio.iscoroutinefunction(found):
            return found

        async def call(*arguments: Any, **named: Any) -> Any:
            self._fuse.burn()
            answer = await found(*arguments, **named)
            self._fuse.burn()
            return answer

        return call


class _MortalDatabase(_Mortal):
    def __init__(self, living: Database, fuse: Fuse) -> None:
        super().__init__(living, fuse)
        self.acts = _Mortal(living.acts, fuse)


class MortalWorker:
    """The worker's jobs in this process. `fuse.left` is the number of calls that it still lives for; None: for ever."""

    def __init__(self, work: Work, url: str) -> None:
        self.fuse = Fuse()
        self.deaths = 0
        self.url = url
        self.work = Work(
            cast(Database, _MortalDatabase(work.database, self.fuse)),
            cast(Stripe, _Mortal(work.stripe, self.fuse)),
            work.photos,
            work.documents,
            work.settings,
        )
        self.queue: procrastinate.App = worker.queue(self.work, url)

    async def runs(
        self, sql: "asyncpg.Connection[asyncpg.Record]", chance: random.Random, *, lives: int | None
    ) -> None:
        """Run what is due by the clock and all jobs in a random order, until none is left or the worker dies."""
        await self.dies_within(lives, lambda: self._runs(sql, chance))

    async def dies_within(self, lives: int | None, errand: Callable[[], Any]) -> None:
        """Do something until it is done, Stripe is away, or this many calls were made."""
        self.fuse.left = lives
        before = asyncio.all_tasks()
        try:
            await errand()
        except PaymentUnavailable:
            pass
        except Killed:
            self.deaths += 1
            await _ended(asyncio.all_tasks() - before)
        finally:
            self.fuse.left = None

    async def _runs(self, sql: "asyncpg.Connection[asyncpg.Record]", chance: random.Random) -> None:
        tasks = self.queue.tasks
        await by_the_clock(self.work)
        await tasks["payments.reconcile"].func(timestamp=0)
        await tasks["payments.look_for_refunds"].func(timestamp=0)
        tried: set[int] = set()
        for _ in range(MOST_ROUNDS):
            due = [job for job in await sql.fetch(DUE, list(NOT_RUN)) if job["id"] not in tried]
            if not due:
                return
            chance.shuffle(due)
            for job in due:
                tried.add(job["id"])
                try:
                    await tasks[job["task_name"]].func(**json.loads(job["args"]))
                except (PaymentUnavailable, PaymentRefused):
                    continue  # it is tried again the next time
                await sql.execute("delete from jobs.procrastinate_jobs where id = $1", job["id"])

    async def closes_and_pays(self) -> None:
        """Do what the worker does at night."""
        tasks = self.queue.tasks
        await tasks["ledger.close_lots"].func(timestamp=0)
        await tasks["payouts.move_money"].func(timestamp=0)


async def _ended(begun: set[asyncio.Task[Any]]) -> None:
    """End what a killed worker had begun beside the call that killed it."""
    for task in begun:
        task.cancel()
    await asyncio.gather(*begun, return_exceptions=True)
