"""Two admins suspend each other at the same time: one stays active."""

import asyncio
import json
from uuid import UUID

import asyncpg
import pytest

from tests.town import Admin, Town
from tests.town.databases import API, Connection

ADMIN_CHECK = "if exists (select from app.accounts a where a.id = account and a.role = 'admin') then"


@pytest.mark.parametrize("careful", [True, False], ids=["the act", "control"])
async def test_one_admin_stays_active_when_two_suspend_each_other(town: Town, careful: bool) -> None:
    source = await town.value("select pg_get_functiondef('app.suspend_account'::regproc)")
    assert source.count(ADMIN_CHECK) == 1
    if not careful:
        await town.changes(source.replace(ADMIN_CHECK, "if false then"))
    odile, paul = await town.an_admin("Odile"), await town.an_admin("Paul")

    async with town.copy.connection(API) as first, town.copy.connection(API) as second:
        transaction = await _becomes(first, odile)
        await first.execute("select app.suspend_account($1, 'one')", paul.id)
        meanwhile = asyncio.create_task(_suspends(second, paul, odile.id))
        await asyncio.wait([meanwhile], timeout=0.3)  # by then it has checked, and waits or is done
        await transaction.commit()
        refusal = await meanwhile

    left = await town.value("select count(*) from app.accounts where role = 'admin' and status = 'active'")
    assert (left, refusal) == ((1, "account.suspended") if careful else (0, None))


async def _becomes(connection: Connection, who: Admin) -> asyncpg.transaction.Transaction:
    transaction = connection.transaction()
    await transaction.start()
    claims = json.dumps({"sub": str(who.id), "role": "authenticated"})
    await connection.execute(
        "select set_config('request.jwt.claims', $1, true), set_config('role', 'authenticated', true)", claims
    )
    return transaction


async def _suspends(connection: Connection, who: Admin, account: UUID) -> str | None:
    transaction = await _becomes(connection, who)
    try:
        await connection.execute("select app.suspend_account($1, 'two')", account)
    except asyncpg.PostgresError as refusal:
        await transaction.rollback()
        return refusal.message
    await transaction.commit()
    return None
