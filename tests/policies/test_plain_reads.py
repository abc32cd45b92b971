"""Reads straight through asyncpg are in the session's transaction and as its caller."""

from uuid import UUID

import asyncpg
import pytest

from backend.database.plain_reads import DRIVER, row_of, rows_of, value_of
from backend.database.sessions import Database
from backend.settings import settings
from tests.town import Town
from tests.town.databases import API

WHO = "select (select auth.uid())"


async def test_plain_reads_see_what_their_caller_may_see(town: Town) -> None:
    lea, marc = await town.a_customer(), await town.a_customer()
    lot = await town.a_lot()
    await marc.reserves(lot, 1)
    database = await Database.open(town.copy.url(API), settings())
    try:
        async with database.session(marc.id) as session, session.begin():
            assert len(await rows_of(session, "select id from app.reservations where quantity = $1", 1)) == 1
        async with database.session(lea.id) as session:
            assert await rows_of(session, "select id from app.reservations") == []
            assert await row_of(session, "select id from app.reservations") is None
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await value_of(session, "delete from app.reservations")
        async with database.session(None) as session:
            assert await value_of(session, WHO) is None
    finally:
        await database.close()


@pytest.mark.parametrize("remembered", [False, True], ids=["as it is", "control"])
async def test_plain_reads_follow_their_session_to_another_connection(town: Town, remembered: bool) -> None:
    lea, marc = await town.a_customer(), await town.a_customer()
    database = await Database.open(town.copy.url(API), settings())

    async def reads_again() -> UUID | None:
        async with database.session(lea.id) as hers:
            assert await value_of(hers, WHO) == lea.id
            _, first = hers.info[DRIVER]
            await hers.commit()
            async with database.session(marc.id) as his:  # gets the connection that hers gave back
                assert await value_of(his, WHO) == marc.id
                assert his.info[DRIVER][1] is first
                if remembered:
                    await hers.connection()
                    hers.info[DRIVER] = hers.sync_session.get_transaction(), first
                found: UUID | None = await value_of(hers, WHO)
                return found

    try:
        assert await reads_again() == (marc.id if remembered else lea.id)
    finally:
        await database.close()
