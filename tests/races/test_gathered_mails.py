"""Mails about offers that two jobs send at the same time: one of them says all, and the other one waits."""

import asyncio
import json
from datetime import timedelta
from uuid import UUID

import pytest

from tests.journeys.test_favourites import likes
from tests.races.test_announcing import announces, changes_act
from tests.town import Person, Town
from tests.town.databases import WORKER, Connection
from tests.town.tidings import at_noon

LOCKS = "order by d.id for update;"


async def two_queued(town: Town) -> tuple[Person, list[UUID]]:
    """Return a person and the two deliveries that are queued for them, of two shops."""
    await at_noon(town)
    marc = await town.a_customer()
    for _ in range(2):
        shop = await town.a_shop()
        await likes(marc, shop.id)
        await town.a_lot(shop=shop)
    async with town.copy.connection(WORKER) as worker:
        await announces(worker, 100)
    rows = await town.rows("select id from app.notice_deliveries order by id")
    return marc, [row["id"] for row in rows]


async def says(connection: Connection, delivery: UUID) -> int:
    """Return how many shops the mail of a delivery would name; 0 if there is none to send."""
    facts = await connection.fetchval("select facts from app.delivery_to_send($1)", delivery)
    return len(json.loads(facts)["told"]) if facts is not None else 0


async def queued_anew(town: Town) -> int:
    """Return how many jobs there are besides the two that announcing has queued."""
    found: int = await town.value("select count(*) from jobs.procrastinate_jobs where task_name = 'notices.deliver'")
    return found - 2


@pytest.mark.parametrize("locked", [True, False])
async def test_one_of_two_concurrent_jobs_mails_everything(town: Town, locked: bool) -> None:
    _, (first, second) = await two_queued(town)
    claims = "update app.notice_deliveries d set gathered_by"
    changes = [(claims, f"perform pg_sleep(0.3); {claims}")]
    if not locked:
        changes.append((LOCKS, "order by d.id;"))
    await changes_act(town, "delivery_to_send", *changes)

    async with town.copy.connection(WORKER) as one, town.copy.connection(WORKER) as other:
        named = await asyncio.gather(says(one, first), says(other, second))

    assert sorted(named) == [0, 2]
    # Without the lock the second job would find nothing to say, and give its delivery up before the mail was sent.
    assert await queued_anew(town) == (1 if locked else 0)


async def test_another_worker_mails_the_offers_that_a_dead_one_gathered(town: Town) -> None:
    _, (first, second) = await two_queued(town)
    async with town.copy.connection(WORKER) as worker:
        assert await says(worker, first) == 2  # and dies before it mails
        assert await says(worker, second) == 0
        assert await queued_anew(town) == 1  # it comes again in two minutes

        await town.clock(await town.now() + timedelta(minutes=2))
        assert await says(worker, second) == 2
        await worker.execute("select app.delivery_tried($1, 'sent')", second)
        assert await says(worker, first) == 0
    assert await town.value("select count(*) from app.notice_deliveries where state = 'sent'") == 2


async def test_a_mail_that_is_refused_marks_all_that_it_said(town: Town) -> None:
    marc, (first, _) = await two_queued(town)
    async with town.copy.connection(WORKER) as worker:
        assert await says(worker, first) == 2
        await worker.execute("select app.delivery_tried($1, 'failed', 550)", first)
    states = await town.rows("select state, smtp_code from app.notice_deliveries")
    assert [tuple(row) for row in states] == [("failed", 550)] * 2
    assert await town.value("select count(*) from app.refused_addresses where account_id = $1", marc.id) == 1
