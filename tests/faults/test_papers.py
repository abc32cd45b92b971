"""A worker that is killed with papers half made: no number is lost, none is given twice, and every file comes."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from scripts.places import ROOT
from tests.town import Town
from tests.town.books import COMPANY, a_closed_lot, issues_papers

# Kills its own process at one moment of the work.
KILLED = """
import asyncio, os, signal
from backend import worker
from backend.database.acts import Acts
from backend.documents import jobs, printing
from backend.settings import settings
moment = {moment!r}
def die(): os.kill(os.getpid(), signal.SIGKILL)

if moment == "typesetting":
    printing._PRINTERS = {{kind: lambda contents: die() for kind in printing._PRINTERS}}

called = Acts.value
async def value(self, act, /, **arguments):
    if act == "document_stored" and moment == "file stored":
        die()
    answer = await called(self, act, **arguments)
    if act == "issue_month" and moment == "issued":
        die()
    return answer
Acts.value = value

async def work():
    async with worker.working(settings()) as (work, _):
        await jobs.issue_months(work)
        await jobs.print_documents(work)
asyncio.run(work())
"""
ENVIRONMENT = {
    "ECOPANIER_OPERATOR_NAME": COMPANY["operator_name"],
    "ECOPANIER_OPERATOR_ADDRESS": COMPANY["operator_address"],
    "ECOPANIER_COMPANY_SIRET": COMPANY["company_siret"],
    "ECOPANIER_COMPANY_VAT_NUMBER": COMPANY["company_vat_number"],
    "ECOPANIER_COMPANY_FORM": COMPANY["company_form"],
}


@pytest.mark.parametrize("moment", ["issued", "typesetting", "file stored"])
async def test_a_killed_worker_leaves_no_gap(town: Town, moment: str) -> None:
    shops = [await town.a_shop() for _ in range(3)]
    for shop in shops:
        await a_closed_lot(town, shop, [399, 399], "2026-11-12T03:10:00+01:00")
    await town.clock("2026-12-01T06:33:00+01:00")
    await town.ensure_served()
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", KILLED.format(moment=moment)],
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    numbers = [row[0] for row in await town.rows("select number from accounting.documents where number is not null")]
    assert len(numbers) == (1 if moment == "issued" else 3)
    assert await town.value("select count(*) from accounting.documents where stored_at is not null") == 0

    await town.clock("2026-12-01T06:39:00+01:00")
    await issues_papers(town)
    found = await town.rows(
        "select number, stored_at from accounting.documents where kind = 'invoice' order by issued_at, number"
    )
    assert [row["number"] for row in found] == ["F2026-000001", "F2026-000002", "F2026-000003"]
    assert set(numbers) <= {row["number"] for row in found}
    assert await town.value("select count(*) from accounting.documents where stored_at is null") == 0
    for shop in shops:
        papers = (await shop.merchant.gets(f"/shops/{shop.id}/documents"))["data"]
        assert sorted(paper["kind"] for paper in papers) == ["invoice", "statement"]
        for paper in papers:
            assert (await shop.merchant.asks("GET", f"/documents/{paper['id']}.pdf")).status_code == 200
    assert await town.value("select count(*) from accounting.stated_lots") == 3


async def test_a_connection_that_breaks_within_the_act_leaves_no_gap(town: Town) -> None:
    shop, other = await town.a_shop(), await town.a_shop()
    for one in (shop, other):
        await a_closed_lot(town, one, [399], "2026-11-12T03:10:00+01:00")
    await town.clock("2026-12-01T06:33:00+01:00")
    connection_killed = """
        create function public.kill_once() returns trigger language plpgsql as $$
        begin
            if new.kind = 'statement'
               and new.shop_id = (select min(shop_id::text)::uuid from accounting.closed_lots) then
                perform pg_terminate_backend(pg_backend_pid());
            end if;
            return new;
        end $$;
        create trigger kill_once after insert on accounting.documents for each row execute function public.kill_once()
    """
    await town.changes(connection_killed)
    with pytest.raises(BaseExceptionGroup):
        await issues_papers(town)
    await town.changes("drop trigger kill_once on accounting.documents")
    await issues_papers(town)
    found = await town.rows("select number from accounting.documents where kind = 'invoice' order by issued_at, number")
    assert [row[0] for row in found] == ["F2026-000001", "F2026-000002"]
