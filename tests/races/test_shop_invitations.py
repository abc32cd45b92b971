"""Invitations of shops that are made or mailed at the same time: the limits hold."""

import asyncio
from typing import Any

import asyncpg
import pytest

from tests.town import Town
from tests.town.databases import API, WORKER, become

HANDS = 6
LOCKED = "for no key update;"
CLAIMED = "perform app.claim_address(i.lookup) from app.shop_invitations i where i.id = invitation;"


async def _at_once(town: Town, login: str, calls: list[tuple[str, list[Any], Any]]) -> list[Any]:
    """Make calls on connections of their own, all at the same moment; return their answers or problems."""
    gate = asyncio.Event()

    async def call(connection: Any, query: str, arguments: list[Any], person: Any) -> Any:
        await gate.wait()
        try:
            async with connection.transaction():
                if person is not None:
                    await become(connection, person)
                return await connection.fetchval(query, *arguments)
        except asyncpg.PostgresError as refused:
            return str(refused)

    async with town.copy.connections(len(calls), login) as connections:
        tasks = [asyncio.create_task(call(one, *what)) for one, what in zip(connections, calls, strict=True)]
        gate.set()
        return list(await asyncio.gather(*tasks))


@pytest.mark.parametrize("careful", [True, False], ids=["the act", "control"])
async def test_a_shop_keeps_to_twenty_a_week_when_many_are_made_at_once(town: Town, careful: bool) -> None:
    shop = await town.a_shop()
    if not careful:
        source = await town.value("select pg_get_functiondef('app.invite_shop'::regproc)")
        assert source.count(LOCKED) == 1
        await town.changes(
            source.replace(LOCKED, ";").replace("ends_at := moment", "perform pg_sleep(0.2); ends_at := moment", 1)
        )
    await town.changes(
        "insert into app.shop_invitations (shop_id, created_at, ends_at)"
        " select $1, now(), now() from generate_series(1, 18)",
        shop.id,
    )

    answers = await _at_once(
        town,
        API,
        [
            ("select invitation from app.invite_shop($1, null, null, $2)", [shop.id, bytes([n])], shop.merchant.id)
            for n in range(HANDS)
        ],
    )

    made = await town.value("select count(*) from app.shop_invitations")
    refused = answers.count("shop_invitation.week_full")
    assert (made, refused) == (20, HANDS - 2) if careful else made > 20


@pytest.mark.parametrize("careful", [True, False], ids=["the act", "control"])
async def test_one_of_several_invitations_of_an_address_is_mailed(town: Town, careful: bool) -> None:
    shop = await town.a_shop()
    if not careful:
        source = await town.value("select pg_get_functiondef('app.mail_shop_invitation'::regproc)")
        assert source.count(CLAIMED) == 1
        await town.changes(
            source.replace(CLAIMED, "").replace(
                "update app.shop_invitations i set mailed_at",
                "perform pg_sleep(0.2); update app.shop_invitations i set mailed_at",
            )
        )
    rows = await town.rows(
        "insert into app.shop_invitations (shop_id, lookup, sealed, token_hash, created_at, ends_at)"
        " select $1, sha256('one address'), 'sealed', sha256(n::text::bytea), now(), now() + interval '90 days'"
        " from generate_series(1, $2) n returning id",
        shop.id,
        HANDS,
    )

    answers = await _at_once(
        town,
        WORKER,
        [("select app.mail_shop_invitation($1, 'a@example.org')", [row["id"]], None) for row in rows],
    )

    assert answers.count(True) == 1 if careful else answers.count(True) > 1
