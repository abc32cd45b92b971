"""Tours that two people want at once: one of them gets it, and a tour is either cancelled or started."""

import asyncio
from datetime import datetime
from typing import Any

import pytest

from tests.races.test_counter import rewrite_function
from tests.town import Town
from tests.town.answers import accepted, refusal_in
from tests.town.people import Association, Collector
from tests.town.rounds import Collected
from tests.town.rounds_planned import a_driver, for_the_evening, noon, planned, status_of, tours_of

# Wait until two transactions have come this far; at most four seconds, because one may wait for a lock of the other.
TOGETHER = """
    perform pg_advisory_xact_lock_shared(20270310);
    for turn in 1..80 loop
        exit when (select count(*) from pg_locks k where k.locktype = 'advisory' and k.objid = 20270310) > 1;
        perform pg_sleep(0.05);
    end loop;
"""


async def a_proposed_tour(town: Town) -> tuple[datetime, Association, Collector, Collected, str]:
    at = await noon(town)
    relais = await town.an_association()
    one = await for_the_evening(town, at, relais)
    karim = await a_driver(town)
    await planned(town, relais, at)
    (tour,) = await tours_of(karim, at, mine="true")
    return at, relais, karim, one, tour["id"]


async def look_without_locks(town: Town) -> None:
    """Let acts on tours read the tour without locking it. For controls."""
    await rewrite_function(town, "hold_tour", "where t.id = tour for update", "where t.id = tour")
    await rewrite_function(town, "hold_tour", "order by c.id for update", "order by c.id")


@pytest.mark.parametrize("kept", [True, False], ids=["the act", "control"])
async def test_one_of_two_collectors_gets_an_open_tour(town: Town, kept: bool) -> None:
    _, _, karim, one, tour = await a_proposed_tour(town)
    declined = await karim.asks("POST", f"/tours/{tour}/decline", {"reason": "Malade"})
    assert declined.status_code == 204
    hands = [await a_driver(town, name) for name in ("Rachid", "Lucie")]
    if not kept:
        await look_without_locks(town)
        taking = "update app.tours t set collector_id = me"
        await rewrite_function(town, "accept_tour", taking, f"{TOGETHER} {taking}")  # after all checks

    answers: list[Any] = await asyncio.gather(*(who.asks("POST", f"/tours/{tour}/accept") for who in hands))

    won = [answer for answer in answers if answer.is_success]
    refusals = [refusal_in(answer).code for answer in answers if not answer.is_success]
    if not kept:
        assert len(won) == 2, "both believe that the tour is theirs"
        return
    assert len(won) == 1
    assert refusals == ["tour.not_open"]
    assert await status_of(town, one.id) == "scheduled"
    changes = await town.rows("select change from app.collection_changes where collection_id = $1", one.id)
    assert [row["change"] for row in changes] == ["scheduled"]


@pytest.mark.parametrize("kept", [True, False], ids=["the act", "control"])
async def test_a_tour_is_either_cancelled_or_started(town: Town, kept: bool) -> None:
    _, relais, karim, one, tour = await a_proposed_tour(town)
    accepted(await karim.asks("POST", f"/tours/{tour}/accept"))
    if not kept:
        await look_without_locks(town)
        await rewrite_function(town, "hold_tour", "return held;", f"{TOGETHER} return held;")

    started, cancelled = await asyncio.gather(
        karim.asks("POST", f"/tours/{tour}/start"),
        relais.asks("POST", f"/tours/{tour}/cancel", {"reason": "Pluie"}),
    )

    if not kept:
        assert started.is_success
        assert cancelled.is_success
        return
    assert started.is_success != cancelled.is_success
    status = await town.value("select status from app.tours")
    if started.is_success:
        assert (status, await status_of(town, one.id)) == ("under_way", "scheduled")
        assert refusal_in(cancelled).code == "tour.begun"
    else:
        assert (status, await status_of(town, one.id)) == ("cancelled", "accepted")
        assert refusal_in(started).code == "tour.not_accepted"


async def test_accepting_while_it_is_planned_again_keeps_one_tour(town: Town) -> None:
    at, relais, karim, one, tour = await a_proposed_tour(town)
    accepted(await relais.asks("POST", "/tours/plan", {"day": at.date().isoformat(), "effort": 1}))

    _, answer = await asyncio.gather(town.worker_runs(), karim.asks("POST", f"/tours/{tour}/accept"))

    assert answer.status_code in (200, 404, 503)
    living = await town.rows("select tour_id from app.stop_tasks where collection_id = $1 and living", one.id)
    assert len(living) == 2, "one tour takes it and leaves it"
    assert await status_of(town, one.id) == ("scheduled" if answer.is_success else "accepted")
