"""Measure the papers of a month: a statement and an invoice for each shop, issued, typeset and stored."""

import asyncio
import sys
import time
from collections.abc import Callable

from backend import worker
from backend.documents import jobs
from backend.settings import Settings
from scripts.benchmarks.figures import Figure
from scripts.benchmarks.ground import Ground

LOTS_OF_A_MONTH = 12  # 216 000 lots a year in 1 500 shops
LOOK_SECONDS = 5.0
COMPANY = {
    "operator_name": "EcoPanier SAS",
    "operator_address": "4 quai des Bateliers, 67000 Strasbourg",
    "company_siret": "73282932000074",
    "company_vat_number": "FR44732829320",
}

# As the nightly closing writes them: a posting for each sale, and the total of the lot.
CLOSED = """
do $$
declare
    closed timestamptz := date_trunc('month', now()) - interval '10 days';
    shop   uuid;
begin
    for shop in select id from app.shops order by id limit {shops} loop
        perform app.post('earned', shop || '-' || n, null, closed,
                array[app.ledger_account('held'), app.ledger_account('shop', shop), app.ledger_account('commission'),
                      app.ledger_account('vat')], array[798, -702, -80, -16])
        from generate_series(1, {lots}) n;
        insert into accounting.closed_lots (lot_id, shop_id, title, window_ended_at, closed_at, portions, gross_cents,
                                            commission_cents, vat_cents, net_cents)
        select gen_random_uuid(), shop, 'Panier de viennoiseries no ' || n, closed - interval '3 days', closed, 2, 798,
               80, 16, 702
        from generate_series(1, {lots}) n;
    end loop;
end $$
"""
COUNTED = "select count(*), count(stored_at) from accounting.documents"


def papers(ground: Ground) -> list[Figure]:
    """Measure the seconds until the papers of a month are issued and stored. Progress goes to standard error."""
    shops = ground.amounts.invoiced_shops
    with ground.connected(ground.town) as connection:
        connection.execute(CLOSED.format(shops=shops, lots=LOTS_OF_A_MONTH).encode())
        connection.execute("analyze")

        def counted() -> tuple[int, int]:
            row = connection.execute(COUNTED).fetchone()
            assert row is not None
            return int(str(row[0])), int(str(row[1]))

        settings = ground.settings.model_copy(
            update=COMPANY | {"worker_database_url": _secret(ground.worker_url(ground.town))}
        )
        issuing, printing = asyncio.run(_measured(settings, counted))
        issued, stored = counted()
    assert issued == stored == 2 * shops, (issued, stored)
    detail = f"{issued} papers of {shops} shops; {issuing:.0f} s to issue, {printing:.0f} s to typeset and store"
    return [Figure("the papers of a month", 180, issuing + printing, detail, at_most=True, unit=" s")]


def _secret(url: str) -> object:
    return Settings.model_validate({"worker_database_url": url}).worker_database_url


async def _measured(settings: Settings, counted: Callable[[], tuple[int, int]]) -> tuple[float, float]:
    async with worker.working(settings) as (work, _):
        telling = asyncio.create_task(_tell(counted))
        began = time.monotonic()
        await jobs.issue_months(work)
        issued = time.monotonic()
        await jobs.print_documents(work)
        printed = time.monotonic()
        telling.cancel()
    return issued - began, printed - issued


async def _tell(counted: Callable[[], tuple[int, int]]) -> None:
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        issued, stored = await asyncio.to_thread(counted)
        print(f"  {issued} papers issued, {stored} stored", file=sys.stderr)
