"""The numbers of invoices: no gap and no disorder, however many are issued at once and however many fail."""

import asyncio
import json
from datetime import date
from typing import Any

import pytest

from tests.town import Town
from tests.town.books import a_closed_lot, issues_papers
from tests.town.databases import WORKER, Connection
from tests.town.things import Shop

PLATFORM = json.dumps({"name": "EcoPanier SAS", "address": "1 quai, 67000 Strasbourg", "siret": "73282932000074"})
MANY = 24

# The control: numbers of a sequence, as most programs take them.
FROM_A_SEQUENCE = """
create sequence accounting.invoice_numbers;
alter sequence accounting.invoice_numbers owner to ecopanier_owner;
create or replace function app.next_document_number(series text, out number text, out issued_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    number := series || '2026-' || lpad(nextval('accounting.invoice_numbers')::text, 6, '0');
    issued_at := app.clock();
end $$
"""


async def issue(connection: Connection, shop: Shop, source: str, *, fails: bool) -> None:
    """Issue an invoice in a transaction that takes a while, and is undone if it `fails`."""
    transaction = connection.transaction()
    await transaction.start()
    await connection.fetchval(
        "select app.issue_invoice($1, $2, $3, $4, $5, $6, false)",
        source,
        shop.id,
        date(2026, 11, 1),
        date(2026, 11, 30),
        PLATFORM,
        json.dumps([{"text": "Commission", "cents": 100}]),
    )
    await asyncio.sleep(0.005)
    await (transaction.rollback() if fails else transaction.commit())


async def issue_at_once(town: Town, shop: Shop) -> list[str]:
    """Issue many invoices over as many connections, every third of which fails; return the numbers by their time."""

    async def one(number: int) -> None:
        async with town.copy.connection(WORKER) as connection:
            await issue(connection, shop, f"in_{number}", fails=number % 3 == 0)

    await asyncio.gather(*(one(number) for number in range(MANY)))
    rows = await town.rows("select number from accounting.documents order by issued_at, number")
    return [row["number"] for row in rows]


def gapless(count: int, year: int) -> list[str]:
    return [f"F{year}-{number:06}" for number in range(1, count + 1)]


async def test_numbers_have_no_gap_and_follow_time(town: Town) -> None:
    year = (await town.today()).year
    numbers = await issue_at_once(town, await town.a_shop())
    assert numbers == gapless(MANY - MANY // 3, year)


async def test_control_a_sequence_leaves_gaps(town: Town) -> None:
    await town.changes(FROM_A_SEQUENCE)
    numbers = await issue_at_once(town, await town.a_shop())
    assert len(numbers) == MANY - MANY // 3
    assert sorted(numbers) != gapless(len(numbers), 2026)


async def test_one_source_is_invoiced_once_at_once(town: Town) -> None:
    shop = await town.a_shop()

    async def one() -> Any:
        async with town.copy.connection(WORKER) as connection:
            return await issue(connection, shop, "in_1", fails=False)

    done = await asyncio.gather(*(one() for _ in range(8)), return_exceptions=True)
    assert any(result is None for result in done)
    year = (await town.today()).year
    assert [row[0] for row in await town.rows("select number from accounting.documents")] == gapless(1, year)
    await one()
    assert await town.value("select last from accounting.document_numbers") == 1


async def test_two_workers_issue_a_month_once(town: Town) -> None:
    shops = [await town.a_shop() for _ in range(5)]
    for shop in shops:
        await a_closed_lot(town, shop, [399], "2026-11-12T03:10:00+01:00")
    await town.clock("2026-12-01T06:33:00+01:00")
    counts = await asyncio.gather(*(issues_papers(town) for _ in range(3)))
    assert sum(counts) == 10
    numbers = await town.rows(
        "select number from accounting.documents where kind = 'invoice' order by issued_at, number"
    )
    assert [row[0] for row in numbers] == gapless(5, 2026)
    assert await town.value("select count(*) from accounting.documents where stored_at is null") == 0


@pytest.mark.parametrize("year", [2026, 2027])
async def test_each_year_begins_with_one(town: Town, year: int) -> None:
    shop = await town.a_shop()
    for at, source in ((f"{year}-12-31T23:59:00+01:00", "in_1"), (f"{year + 1}-01-01T00:00:00+01:00", "in_2")):
        await town.clock(at)
        async with town.copy.connection(WORKER) as connection:
            await issue(connection, shop, source, fails=False)
    found = await town.rows("select number from accounting.documents order by number")
    assert [row[0] for row in found] == [f"F{year}-000001", f"F{year + 1}-000001"]
