"""The transaction that the reads of one page share: whose it is, what it refuses, and what it leaves behind."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text

from backend.database.sessions import Database
from backend.database.shared_reads import SharedReads, WriteRefused
from backend.settings import settings
from tests.town import Town
from tests.town.databases import API
from tests.town.things import Shop
from tests.web.browser import Browser

ME = text("select app.caller()")


async def test_pages_of_two_people_at_once_open_only_their_own(town: Town) -> None:
    first, second = await town.a_shop(), await town.a_shop()
    sophie, zoe = await Browser.of(first.merchant), await Browser.of(second.merchant)

    async def opens(browser: Browser, shop: Shop, status: int) -> None:
        assert (await browser.opens(f"/my-shops/{shop.id}")).status_code == status

    async with asyncio.TaskGroup() as tasks:
        for _ in range(4):
            tasks.create_task(opens(sophie, first, 200))
            tasks.create_task(opens(zoe, first, 404))
            tasks.create_task(opens(zoe, second, 200))
            tasks.create_task(opens(sophie, second, 404))


async def test_a_shared_transaction_takes_on_each_caller_in_turn(town: Town) -> None:
    amina, claire = await town.a_beneficiary(), await town.a_customer()
    database = await Database.open(town.copy.url(API), settings())
    shared = SharedReads()

    async def caller(account: UUID | None) -> UUID | None:
        async with shared.lend(database.reading_session, account, None) as session:
            found: UUID | None = await session.scalar(ME)
            return found

    assert [await caller(one) for one in (amina.id, amina.id, claire.id, amina.id)] == [
        amina.id,
        amina.id,
        claire.id,
        amina.id,
    ]
    # Without the comparison of callers, the one before would be whom Postgres sees.
    shared._whose = claire.id, None, None
    assert await caller(claire.id) == amina.id
    await shared.end()
    async with database.act_session() as session:
        left = await session.scalar(text("select coalesce(current_setting('request.jwt.claims', true), '')"))
    assert left == ""
    await database.close()


async def test_a_call_that_writes_is_refused_and_undoes_nothing_else(town: Town) -> None:
    lot = await town.a_lot()
    database = await Database.open(town.copy.url(API), settings())
    shared = SharedReads()
    withdrawal = text("select app.withdraw_lot(lot => :lot)")
    with pytest.raises(WriteRefused):
        async with shared.lend(database.reading_session, lot.shop.merchant.id, None) as session:
            await session.execute(withdrawal, {"lot": lot.id})
    assert shared.wrote
    assert await town.value("select status from app.lots") == "published"
    # In a transaction of its own, the same statement writes.
    async with database.session(lot.shop.merchant.id) as session, session.begin():
        await session.execute(withdrawal, {"lot": lot.id})
    assert await town.value("select status from app.lots") == "withdrawn"
    await database.close()


async def test_a_page_that_shows_a_name_is_written_down_once(town: Town) -> None:
    house = await town.an_association()
    amina = await town.a_beneficiary(association=house)
    browser = await Browser.of(house)
    written = "select count(*) from app.audit_entries where subject_id = $1 and action = 'person.opened'"
    for times in (1, 2):
        await browser.opens(f"/association/people/{amina.id}")
        assert await town.value(written, amina.id) == times
