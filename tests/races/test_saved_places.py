"""Two requests save a fifth place at the same time: one is refused."""

import asyncio
import json

import asyncpg
import pytest

from tests.town import Person, Town
from tests.town.databases import API, Connection

LOCK = "perform from app.accounts a where a.id = me for no key update;"


@pytest.mark.parametrize("kept_by", ["lock and constraint", "constraint", "nothing"])
async def test_an_account_has_five_places_when_two_save_at_once(town: Town, kept_by: str) -> None:
    source = await town.value("select pg_get_functiondef('app.save_place'::regproc)")
    assert source.count(LOCK) == 1
    if "lock" not in kept_by:
        await town.changes(source.replace(LOCK, ""))
    if "constraint" not in kept_by:
        await town.changes("drop index app.saved_places_slot_key")
    marc = await town.a_customer()
    await town.changes(
        "insert into app.saved_places (account_id, slot, name, latitude, longitude)"
        " select $1, n, 'x', 48.57, 7.75 from generate_series(1, 4) n",
        marc.id,
    )

    async with town.copy.connection(API) as first, town.copy.connection(API) as second:
        transaction = await becomes(first, marc)
        await first.execute("select app.save_place('Maison', 48.57, 7.75)")
        meanwhile = asyncio.create_task(saves(second, marc))
        await asyncio.wait([meanwhile], timeout=0.3)  # by then it has chosen a slot, or waits for the account
        await transaction.commit()
        refusal = await meanwhile

    places = await town.value("select count(*) from app.saved_places")
    assert (places, refusal) == {
        "lock and constraint": (5, "saved_places_slot_check"),
        "constraint": (5, "saved_places_slot_key"),
        "nothing": (6, None),
    }[kept_by]


async def test_many_requests_at_once_save_exactly_five_places(town: Town) -> None:
    marc = await town.a_customer()
    home = {"name": "Maison", "latitude": 48.5734, "longitude": 7.7521}

    answers = await asyncio.gather(*(marc.asks("POST", "/me/places", home) for _ in range(12)))

    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [409] * 7
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"place.limit_reached"}
    assert await town.value("select count(*) from app.saved_places") == 5


async def becomes(connection: Connection, who: Person) -> asyncpg.transaction.Transaction:
    transaction = connection.transaction()
    await transaction.start()
    claims = json.dumps({"sub": str(who.id), "role": "authenticated"})
    await connection.execute(
        "select set_config('request.jwt.claims', $1, true), set_config('role', 'authenticated', true)", claims
    )
    return transaction


async def saves(connection: Connection, who: Person) -> str | None:
    """Save a place; return the constraint that refused it."""
    transaction = await becomes(connection, who)
    try:
        await connection.execute("select app.save_place('Travail', 48.57, 7.75)")
    except asyncpg.IntegrityConstraintViolationError as refusal:
        await transaction.rollback()
        return refusal.constraint_name
    await transaction.commit()
    return None
