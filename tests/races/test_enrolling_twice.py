"""Two workers take the same batch at the same time, and one that is killed: everybody is enrolled once."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from tests.town import Town
from tests.town.databases import WORKER, Connection

STEP = "select app.enrol_batch($1, 2, '{}', '{}', '{}', '{}', '{}', '{}', 2)"
LOCK = "where x.id = batch and x.status = 'queued' for update;"


async def _a_batch(town: Town, people: int) -> UUID:
    relais = await town.an_association()
    client = await town.an_api_client(None, "beneficiaries:enrol")
    await relais.posts("/associations/me/mandates", {"client_id": str(client.id)})
    fields = await town.person_fields()
    sent = [{**fields, "external_id": str(n), "first_name": f"Amina{n}"} for n in range(people)]
    taken: dict[str, Any] = await client.posts("/partners/beneficiaries", {"people": sent})
    return UUID(taken["id"])


async def _step(connection: Connection, batch: UUID) -> int:
    left: int = await connection.fetchval(STEP, batch)
    return left


@pytest.mark.parametrize("careful", [True, False], ids=["the act", "control"])
async def test_two_workers_share_a_batch_without_enrolling_anybody_twice(town: Town, careful: bool) -> None:
    batch = await _a_batch(town, 4)
    source = await town.value("select pg_get_functiondef('app.enrol_batch'::regproc)")
    assert source.count(LOCK) == 1
    if not careful:
        await town.changes(source.replace(LOCK, LOCK.replace(" for update", "")))

    async with town.copy.connection(WORKER) as first, town.copy.connection(WORKER) as second:
        transaction = first.transaction()
        await transaction.start()
        left = [await _step(first, batch)]
        meanwhile = asyncio.create_task(_step(second, batch))
        await asyncio.wait([meanwhile], timeout=0.3)  # by then it waits, or works on the same people
        await transaction.commit()
        left.append(await meanwhile)

    enrolled = await town.value("select count(*) from key_vault.partner_people where outcome = 'accepted'")
    if careful:
        assert (left, enrolled) == ([2, 0], 4)
    else:
        assert enrolled == 2  # the second did what the first had done already
    assert await town.value("select count(*) from app.beneficiaries") == enrolled


async def test_a_killed_worker_leaves_a_whole_step_or_none(town: Town) -> None:
    batch = await _a_batch(town, 4)

    async with town.copy.connection(WORKER) as killed:
        await _step(killed, batch)
        transaction = killed.transaction()
        await transaction.start()
        await _step(killed, batch)
        pid = killed.get_server_pid()
        await town.changes("select pg_terminate_backend($1)", pid)
        killed.terminate()  # without a word to a server that is gone
    halfway = await town.value("select count(*) from key_vault.partner_people where outcome = 'accepted'")
    await town.worker_runs()

    assert halfway == 2
    assert await town.value("select count(*) from app.beneficiaries") == 4
    assert await town.value("select status from app.partner_batches") == "done"


async def test_a_step_reads_no_table_again_for_each_person(town: Town) -> None:
    batch = await _a_batch(town, 200)
    scans = "select max(seq_scan) from pg_stat_xact_user_tables where schemaname = 'app'"

    async with town.copy.connection() as connection:
        await connection.fetchval(STEP.replace("2,", "100,", 1), batch)
        async with connection.transaction():
            assert await connection.fetchval(STEP.replace("2,", "100,", 1), batch) == 0
            assert await connection.fetchval(scans) < 50
