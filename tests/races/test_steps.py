"""Steps that arrive at once, and beside an operator who cancels: one outcome, and chains without a fork."""

import asyncio

from backend.custody.check import check_custody
from backend.settings import settings
from backend.worker import working
from tests.town import Town
from tests.town.rounds import a_collection, a_round


async def test_cancelling_while_the_collector_takes_has_one_outcome(town: Town) -> None:
    association = await town.an_association()
    outcomes = set()
    for turn in range(6):
        one = await a_collection(town, association=association)
        tour = await a_round(town, one)
        step = tour.step("taken", 5)
        requests = [
            tour.sends(1, step),
            association.asks("POST", f"/collections/{one.id}/cancel", {"reason": "Tout est vendu."}),
        ]
        taken, cancelled = await asyncio.gather(*(requests if turn % 2 else reversed(requests)))
        if not turn % 2:
            taken, cancelled = cancelled, taken
        assert taken.status_code == 200, taken.text
        status = await tour.status()
        outcomes.add(status)
        entries = await town.value("select count(*) from app.custody_entries where collection_id = $1", one.id)
        if status == "cancelled":
            assert cancelled.status_code == 200
            assert taken.json()["collections"] == []
            assert entries == 0
            assert (
                await town.value("select taken_grams from app.collection_items where collection_id = $1", one.id)
                is None
            )
        else:
            assert status == "taken"
            assert cancelled.status_code == 409
            assert entries == 1
    assert outcomes <= {"taken", "cancelled"}


async def test_steps_at_once_make_one_chain(town: Town) -> None:
    tour = await a_round(town)
    steps = [(1, tour.step("taken", 5)), (tour.last, tour.step("left", 30))]
    steps += [(1, tour.step("temperature", 6, degrees=degrees)) for degrees in (2.0, 3.0, 4.0)]
    answers = await asyncio.gather(*(tour.sends(number, step) for number, step in steps * 2))
    assert {answer.status_code for answer in answers} == {200}
    assert await tour.status() == "delivered"
    async with working(settings()) as (work, _):
        found = await check_custody(work.acts)
    assert (found.entries, found.broken) == (5, [])
