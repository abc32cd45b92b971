"""A worker that is killed in the middle of planning leaves no half plan; another worker makes the whole one."""

import asyncio
from uuid import UUID

from tests.faults.test_worker import PATIENCE_SECONDS, queue
from tests.startup.commands import started
from tests.town import Town
from tests.town.databases import WORKER
from tests.town.rounds_planned import a_driver, for_the_evening, noon, status_of, tours_of


async def test_a_plan_whose_worker_was_killed_is_made_by_another(town: Town) -> None:
    at = await noon(town)
    relais = await town.an_association()
    food = [await for_the_evening(town, at, relais) for _ in range(4)]
    await a_driver(town)
    asked = (await relais.posts("/tours/plan", {"day": at.date().isoformat(), "effort": 60}))["id"]
    running = await started(town, "worker", ECOPANIER_WORKER_DATABASE_URL=town.copy.url(WORKER))
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await relais.gets(f"/tours/plans/{asked}"))["status"] == "queued":
                assert running.returncode is None
                await asyncio.sleep(0.1)
        await asyncio.sleep(1)  # of the minute that it takes
    finally:
        running.kill()
        await running.communicate()

    assert (await relais.gets(f"/tours/plans/{asked}"))["status"] == "running"
    assert await tours_of(relais, at) == []
    await town.changes("update app.tour_plans set effort_seconds = 1 where id = $1", UUID(asked))
    await queue(town, "update procrastinate_workers set last_heartbeat = now() - interval '1 minute'")
    await town.worker_runs()

    plan = await relais.gets(f"/tours/plans/{asked}")
    assert (plan["status"], plan["planned"], plan["unplanned"]) == ("done", 4, [])
    assert len(await tours_of(relais, at)) == plan["tours"]
    assert await town.value("select count(*) from app.stop_tasks where living") == 8
    assert {await status_of(town, one.id) for one in food} == {"accepted"}
