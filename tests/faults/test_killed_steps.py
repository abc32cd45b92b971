"""A step whose process is killed in the middle: nothing of it is kept, and sent again it counts once."""

import asyncio
import json
import signal
import sys

from tests.town import Town
from tests.town.databases import API
from tests.town.rounds import a_round

TAKING = """
import asyncio, asyncpg, sys
from uuid import UUID
from datetime import datetime
from tests.town.databases import become

async def main():
    url, collector, tour, step, at = sys.argv[1:]
    connection = await asyncpg.connect(url)
    async with connection.transaction():
        await become(connection, UUID(collector))
        answer = await connection.fetchval(
            "select app.take_step($1, 1, $2, 'taken', $3, null, '{}', null, 'x')",
            UUID(tour), UUID(step), datetime.fromisoformat(at))
        print(answer, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


async def test_a_step_killed_before_its_end_leaves_nothing(town: Town) -> None:
    tour = await a_round(town)
    step = tour.step("taken", 5)
    taking = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        TAKING,
        town.copy.url(API),
        str(tour.collector.id),
        str(tour.id),
        step["step_id"],
        step["at"],
        stdout=asyncio.subprocess.PIPE,
    )
    assert taking.stdout is not None
    answer = json.loads(await asyncio.wait_for(taking.stdout.readline(), 30))
    assert answer["collections"][0]["status"] == "taken"  # as it sees it
    taking.send_signal(signal.SIGKILL)
    await taking.wait()

    sent = await asyncio.wait_for(tour.reports(1, step), 30)
    assert sent["collections"][0]["status"] == "taken"
    assert await town.value("select count(*) from app.tour_steps") == 1
    assert await town.value("select array_agg(number) from app.custody_entries") == [1]
    assert await town.value("select count(*) from app.collection_changes where change = 'taken'") == 1
