"""The worker's jobs: those of dead workers are taken over, those of living workers are not; the clock's jobs."""

import asyncio
import os
import re
import signal
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import asyncpg
import pytest

from backend import worker
from backend.observability.heartbeat import SILENT_AFTER_SECONDS, heartbeat_file
from backend.periodic_jobs import by_the_clock
from backend.settings import settings
from tests.startup.commands import ecopanier, started
from tests.town import Reservation, Town
from tests.town.databases import WORKER

PATIENCE_SECONDS = 60


async def queue(town: Town, statement: str, *arguments: Any) -> Any:
    """Change the queue directly; the search path is needed because its triggers use unqualified names."""
    async with town.copy.connection() as connection:
        await connection.execute("set search_path = jobs, pg_catalog")
        return await connection.fetchval(statement, *arguments)


async def a_job(town: Town, task: str) -> None:
    """Queue a job as procrastinate's scheduler does."""
    query = "insert into procrastinate_jobs (queue_name, task_name, args) values ('default', $1, '{\"timestamp\": 1}')"
    await queue(town, query, task)


async def a_job_is_under_way(town: Town, task: str, *, seconds_silent: float) -> None:
    """Mark all jobs of this name as begun by a worker whose last heartbeat is this many seconds ago."""
    silent = await queue(
        town,
        "insert into procrastinate_workers (last_heartbeat) values (now() - make_interval(secs => $1)) returning id",
        seconds_silent,
    )
    await queue(
        town, "update procrastinate_jobs set status = 'doing', worker_id = $1 where task_name = $2", silent, task
    )


async def jobs(town: Town, task: str) -> list[Any]:
    return await town.rows("select status::text from jobs.procrastinate_jobs where task_name = $1", task)


async def a_cancelled_hold(town: Town) -> Reservation:
    """Cancel a hold; a job that cancels its payment intent at Stripe is queued."""
    marc = await town.a_customer()
    return await marc.cancels(await marc.reserves(await town.a_lot()))


@pytest.mark.parametrize(("seconds_silent", "done"), [(11.0, True), (1.0, False)], ids=["dead", "alive"])
async def test_a_job_is_taken_over_only_from_a_dead_worker(town: Town, seconds_silent: float, done: bool) -> None:
    await a_cancelled_hold(town)
    await a_job_is_under_way(town, "payments.carry_forward", seconds_silent=seconds_silent)

    await town.worker_runs()

    assert await town.value("select status = 'cancelled' from app.payments") is done


async def test_a_failing_clock_step_does_not_stop_the_others(town: Town) -> None:
    lot = await town.a_lot(becomes_free_at=await town.now() + timedelta(minutes=1))
    await town.clock(await town.now() + timedelta(minutes=2))
    source = await town.value("select pg_get_functiondef('app.count_suspended'::regproc)")
    await town.changes(re.sub(r"\nbegin\n", "\nbegin\n    perform 1 / 0;\n", source, count=1))

    async with worker.working(settings()) as (work, _):
        with pytest.raises(ExceptionGroup) as failed:
            await by_the_clock(work)

    assert [type(failure) for failure in failed.value.exceptions] == [asyncpg.DivisionByZeroError]
    assert await town.value("select kind from app.lots where id = $1", lot.id) == "free"


async def test_clock_jobs_continue_after_a_worker_died_running_them(town: Town) -> None:
    """An earlier job of the same name still waits in the queue."""
    by_the_clock = ("by_the_clock", "payments.reconcile", "take_over")
    for task in by_the_clock:
        await a_job(town, task)
        await a_job_is_under_way(town, task, seconds_silent=60)
        await a_job(town, task)

    await town.worker_runs()

    for task in by_the_clock:
        assert {row["status"] for row in await jobs(town, task)} == {"succeeded"}, task


async def test_clock_jobs_run_every_five_or_ten_seconds(town: Town) -> None:
    async with worker.working(settings()) as (_work, app):
        periodic = {each.task.name: each.croniter for each in app.periodic_registry.periodic_tasks.values()}
    began = datetime(2026, 11, 22, 12, 1, 1, tzinfo=UTC)
    for task, seconds in {"by_the_clock": 5, "take_over": 5, "payments.reconcile": 10}.items():
        ticks = [periodic[task].get_next(datetime, start_time=began)] + [
            periodic[task].get_next(datetime) for _ in range(99)
        ]
        assert {(after - before).seconds for before, after in pairwise([began, *ticks])} <= {seconds - 1, seconds}, task


async def test_the_check_tells_a_working_worker_from_a_silent_or_stopped_one(town: Town) -> None:
    login = {"ECOPANIER_WORKER_DATABASE_URL": town.copy.url(WORKER)}
    assert (await ecopanier(town, "worker", "--check", **login)).status == 1
    running = await started(town, "worker", **login)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await ecopanier(town, "worker", "--check", **login)).status:
                assert running.returncode is None

        running.send_signal(signal.SIGSTOP)
        file = heartbeat_file(town.folder)
        os.utime(file, (long_ago := time.time() - SILENT_AFTER_SECONDS - 1, long_ago))
        silent = await ecopanier(town, "worker", "--check", **login)
        assert silent.status == 1
        assert "has been silent for" in silent.text
    finally:
        running.send_signal(signal.SIGCONT)
        running.terminate()
        await running.communicate()
    assert not file.exists()
    assert "no worker works on this host" in (await ecopanier(town, "worker", "--check", **login)).text
