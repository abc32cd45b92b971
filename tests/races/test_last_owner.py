"""Two owners of a shop leave, or remove each other, at the same time: one stays."""

import asyncio
import json
from uuid import UUID

import asyncpg
import pytest

from tests.town import Merchant, Town
from tests.town.databases import API, Connection

LOCK = "perform from app.shops s where s.id = shop for no key update;"


@pytest.mark.parametrize("careful", [True, False], ids=["the act", "control"])
@pytest.mark.parametrize("each_other", [False, True], ids=["leave", "remove each other"])
async def test_one_owner_stays_when_two_go_at_once(town: Town, careful: bool, each_other: bool) -> None:
    source = await town.value("select pg_get_functiondef('app.lock_workplace'::regproc)")
    assert source.count(LOCK) == 1
    if not careful:
        await town.changes(source.replace(LOCK, ""))
    sophie, gilles = await town.a_merchant("Sophie"), await town.a_merchant("Gilles")
    shop = await town.a_shop(merchant=sophie)
    await town.changes(
        "insert into app.members (shop_id, account_id, role, joined_at) values ($1, $2, 'owner', now())",
        shop.id,
        gilles.id,
    )
    members = {row["account_id"]: row["id"] for row in await town.rows("select id, account_id from app.members")}
    goes = {sophie.id: gilles.id, gilles.id: sophie.id} if each_other else {who: who for who in members}

    async with town.copy.connection(API) as first, town.copy.connection(API) as second:
        transaction = await _becomes(first, sophie)
        await first.execute("select app.remove_member($1, null, $2)", shop.id, members[goes[sophie.id]])
        meanwhile = asyncio.create_task(_removes(second, gilles, shop.id, members[goes[gilles.id]]))
        await asyncio.wait([meanwhile], timeout=0.3)  # by then it has checked, and waits or is done
        await transaction.commit()
        refusal = await meanwhile

    left = await town.value("select count(*) from app.members where role = 'owner'")
    if careful:
        assert (left, refusal) == (1, "shop.not_found" if each_other else "member.last_owner")
        owner = await town.value("select account_id from app.members")
        assert await town.value("select owner_id from app.shops") == owner
    else:
        assert left == 0


async def _becomes(connection: Connection, who: Merchant) -> asyncpg.transaction.Transaction:
    transaction = connection.transaction()
    await transaction.start()
    claims = json.dumps({"sub": str(who.id), "role": "authenticated"})
    await connection.execute(
        "select set_config('request.jwt.claims', $1, true), set_config('role', 'authenticated', true)", claims
    )
    return transaction


async def _removes(connection: Connection, who: Merchant, shop: UUID, member: UUID) -> str | None:
    transaction = await _becomes(connection, who)
    try:
        await connection.execute("select app.remove_member($1, null, $2)", shop, member)
    except asyncpg.PostgresError as refusal:
        await transaction.rollback()
        return refusal.message
    await transaction.commit()
    return None


async def test_a_shop_closes_once_when_both_owners_erase_themselves_at_once(town: Town) -> None:
    sophie, gilles = await town.a_merchant("Sophie"), await town.a_merchant("Gilles")
    shop = await town.a_shop(merchant=sophie)
    await town.changes(
        "insert into app.members (shop_id, account_id, role, joined_at) values ($1, $2, 'owner', now())",
        shop.id,
        gilles.id,
    )

    async def erases(who: Merchant) -> str | None:
        async with town.copy.connection() as connection:
            try:
                await connection.execute("select app.erase_account($1, 'asked')", who.id)
            except asyncpg.PostgresError as refusal:
                return refusal.sqlstate
        return None

    # Whoever meets the other's lock is told to try again (55P03, 40P01), and does.
    for _ in range(10):
        found = list(await asyncio.gather(erases(sophie), erases(gilles)))
        assert set(found) <= {None, "55P03", "40P01"}
        if found == [None, None]:
            break

    assert found == [None, None]
    assert await town.value("select status from app.shops") == "closed"
    assert await town.value("select count(*) from app.members") == 0
