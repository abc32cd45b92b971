"""Races for collections: the last portions, two operators at once, and cancelling what is being taken."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.journeys.test_collections import partners, request
from tests.races.hands import grab
from tests.town import Person, Town
from tests.town.databases import API, Connection

# The control: it looks at what is left first, and takes it later.
LOOKING_FIRST = """
create or replace function app.left_of_lot(lot app.lots) returns int
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    return 5;
end $$;
alter table app.lot_stock drop constraint lot_stock_remaining_check;
"""


async def as_person(connection: Connection, person: Person, query: str, *arguments: Any) -> str | None:
    """Run an act as this person, as the API does; return the problem's code, None if it went well."""
    try:
        async with connection.transaction():
            await connection.execute(
                "select set_config('request.jwt.claims', $1, true), set_config('role', 'authenticated', true)",
                json.dumps({"sub": str(person.id), "role": "authenticated"}),
            )
            await connection.execute(query, *arguments)
    except asyncpg.PostgresError as refusal:
        if not (refusal.sqlstate or "").startswith("EP"):
            raise
        return str(refusal.message)
    return None


@pytest.mark.parametrize("attempt", range(3))
async def test_last_portions_go_to_a_customer_or_a_collection(town: Town, attempt: int) -> None:
    sophie, shop, _ = await partners(town)
    lot = await town.a_lot(shop=shop, left=5)
    people = [await town.a_customer() for _ in range(6)]
    starts = await town.now() + timedelta(hours=1)
    ask = (
        "select app.ask_collection($1, null, $2, '[]', $3, $4, '')",
        shop.id,
        json.dumps([{"lot_id": str(lot.id), "portions": 3}]),
        starts,
        starts + timedelta(hours=1),
    )

    async with town.copy.connections(8, API) as hands:
        outcomes = await asyncio.gather(
            as_person(hands[0], sophie, *ask),
            *(grab(hand, person, lot) for hand, person in zip(hands[1:7], people, strict=True)),
            as_person(hands[7], sophie, *ask),
        )

    asked = [outcome for outcome in (outcomes[0], outcomes[7])]
    sold = sum(one.reservation is not None for one in outcomes[1:7] if not isinstance(one, str | None))
    assert set(asked) <= {None, "collection.too_few_left"}
    assert asked.count(None) * 3 + sold <= 5
    assert await town.left(lot) == 5 - asked.count(None) * 3 - sold
    assert await town.stock_is_exact(), attempt


async def test_control_without_the_stock_lock_promises_too_much(town: Town) -> None:
    await town.changes(LOOKING_FIRST)
    sophie, shop, _ = await partners(town)
    lot = await town.a_lot(shop=shop, left=5)
    lots = [{"lot_id": str(lot.id), "portions": 3}]
    for _ in range(2):
        await sophie.posts("/collections", await request(town, shop, items=[], lots=lots))
    assert await town.left(lot) == -1


async def test_two_operators_decide_at_once_and_one_wins(town: Town) -> None:
    sophie, shop, relais = await partners(town)
    odile = await town.an_admin()
    for _ in range(4):
        asked = await sophie.posts("/collections", await request(town, shop, association_id=str(relais.id)))
        collection = UUID(asked["id"])
        async with town.copy.connections(2, API) as hands:
            first, second = await asyncio.gather(
                as_person(hands[0], relais, "select app.accept_collection($1, null, null)", collection),
                as_person(hands[1], odile, "select app.refuse_collection($1, 'Plein', null)", collection),
            )
        status = await town.value("select status from app.collections where id = $1", collection)
        assert (first, second) in ((None, "collection.accepted"), ("collection.refused", None))
        assert status == ("accepted" if first is None else "refused")
        assert await town.value("select count(*) from app.collection_changes where collection_id = $1", collection) == 2


async def test_cancelling_while_it_is_taken_has_one_outcome(town: Town) -> None:
    sophie, shop, relais = await partners(town)
    lot = await town.a_lot(shop=shop, left=4)
    lots = [{"lot_id": str(lot.id), "portions": 2}]
    body = await request(town, shop, items=[], lots=lots, association_id=str(relais.id))
    asked = await sophie.posts("/collections", body)
    await relais.posts(f"/collections/{asked['id']}/accept", {})
    collection = UUID(asked["id"])

    async with town.copy.connection() as taking, town.copy.connection(API) as cancelling:
        step = taking.transaction()
        await step.start()
        await taking.execute("select from app.collections where id = $1 for update", collection)
        cancels = asyncio.create_task(
            as_person(cancelling, sophie, "select app.cancel_collection($1, 'Vendu', null)", collection)
        )
        await asyncio.sleep(0.2)
        assert not cancels.done()  # it waits for the collector
        await taking.execute("update app.collections set status = 'taken' where id = $1", collection)
        await step.commit()
        assert await cancels == "collection.taken"
    assert await town.left(lot) == 2
    assert await town.stock_is_exact()
