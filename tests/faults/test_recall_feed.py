"""The feed of recalls when it is down, slow, huge, wrong or hostile, and workers that die while they read it."""

import asyncio
import json
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from backend.recalls import feed as feed_reader
from backend.settings import settings
from tests.listener import Received, reply
from tests.recall_feed import AS_KEPT, GTIN, RecallFeed, a_record, as_page
from tests.startup.commands import started
from tests.town import Lot, Town
from tests.town.databases import WORKER

NAMED = a_record("2026-11-0042")
PATIENCE_SECONDS = 60


async def status(town: Town, lot: Lot) -> str:
    found: str = await town.value("select status from app.lots where id = $1", lot.id)
    return found


def redirected(_: Received) -> bytes:
    return b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/elsewhere\r\nContent-Length: 0\r\n\r\n"


FAULTS: dict[str, Callable[[Received], bytes]] = {
    "hangs up": lambda _: b"",
    "error": lambda _: reply(503, as_page([NAMED])),
    "forbidden": lambda _: reply(403, b"<html>WAF</html>", "text/html"),
    "HTML": lambda _: reply(200, b"<html><body>Maintenance</body></html>", "text/html"),
    "half a page": lambda _: reply(200, as_page([NAMED])[:-20]),
    "another form": lambda _: reply(200, json.dumps({"results": {"2026-11-0042": NAMED}}).encode()),
    "a list": lambda _: reply(200, json.dumps([NAMED]).encode()),
    "nested deeply": lambda _: reply(200, b"[" * 100_000),
    "more than a page": lambda _: reply(200, as_page([NAMED] * 101)),
    "redirect": redirected,
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_broken_feed_does_nothing_and_is_read_later(town: Town, recall_feed: RecallFeed, fault: str) -> None:
    lot = await town.a_lot(gtin=AS_KEPT, batch="L1")
    recall_feed.records, recall_feed.instead = [NAMED], FAULTS[fault]

    await town.worker_runs()

    assert await status(town, lot) == "published"
    assert await town.value("select count(*) from app.recall_notices") == 0
    assert await town.value("select count(*) from app.recall_feed") == 0
    recall_feed.instead = None
    await town.worker_runs()
    assert await status(town, lot) == "recalled"


@pytest.mark.parametrize("limited", [True, False], ids=["limited", "control"])
async def test_a_page_is_limited_in_size(
    town: Town, recall_feed: RecallFeed, monkeypatch: pytest.MonkeyPatch, limited: bool
) -> None:
    lot = await town.a_lot(gtin=AS_KEPT, batch="L1")
    recall_feed.records = [{**NAMED, "informations_complementaires": "x" * 100_000}]
    monkeypatch.setattr(feed_reader, "MOST_BYTES", 90_000 if limited else 5_000_000)

    await town.worker_runs()

    assert await status(town, lot) == ("published" if limited else "recalled")


@pytest.mark.parametrize("limited", [True, False], ids=["limited", "control"])
async def test_a_page_that_drips_is_given_up(
    town: Town, recall_feed: RecallFeed, monkeypatch: pytest.MonkeyPatch, limited: bool
) -> None:
    """Each byte comes within the client's timeout, all of them do not."""
    page = reply(200, as_page([NAMED]))
    lot = await town.a_lot(gtin=AS_KEPT, batch="L1")

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for start in range(0, len(page), 200):
            writer.write(page[start : start + 200])
            await writer.drain()
            await asyncio.sleep(0.2)
        writer.close()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    monkeypatch.setenv("ECOPANIER_RAPPELCONSO_URL", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/records")
    settings.cache_clear()
    monkeypatch.setattr(feed_reader, "SECONDS_A_PAGE", 0.5 if limited else 20.0)
    await town.worker_runs()
    server.close()

    assert await status(town, lot) == ("published" if limited else "recalled")


async def test_records_that_make_no_sense_do_not_hide_the_others(town: Town, recall_feed: RecallFeed) -> None:
    lot = await town.a_lot(gtin=AS_KEPT, batch="L1")
    strange: list[Any] = [
        None,
        7,
        [],
        {},
        a_record(""),
        a_record("x" * 41),
        a_record("2026-11-0001\u0000"),
        a_record("2026-11-0002", libelle="\ud800 \u0000\u202e", motif_rappel=None, marque_produit=["x"]),
        a_record("2026-11-0003", numero_version=10**30, date_publication="0000-99-99"),
        a_record("2026-11-0004", numero_version=float("nan"), identification_produits={"gtin": GTIN}),
        a_record("2026-11-0005", identification_produits=["|||||", None, GTIN * 9, "|" + GTIN, "\u0000"]),
        a_record("2026-11-0006", libelle="x" * 100_000, motif_rappel="y" * 100_000, marque_produit="z" * 9_999),
        a_record("2026-11-0007", *[(GTIN, f"a{n}") for n in range(900)]),
        a_record("2026-11-0008", lien_vers_la_fiche_rappel="https://rappel.conso.gouv.fr@evil.example/x"),
        a_record("2026-11-0009'); drop table app.lots; --"),
    ]
    recall_feed.instead = lambda _: reply(200, as_page([*strange, NAMED]))

    await town.worker_runs()

    assert await status(town, lot) == "recalled"
    links = await town.rows("select number, link from app.recall_notices where number = '2026-11-0008'")
    assert [row["link"] for row in links] == [None]
    assert await town.value("select count(*) from app.recall_items i join app.recall_notices n on n.id = i.notice_id"
                            " where n.number = '2026-11-0007'") == 500  # fmt: skip


async def test_pages_follow_each_other_to_the_end(town: Town, recall_feed: RecallFeed) -> None:
    lots = {n: await town.a_lot(gtin=AS_KEPT, batch=f"L{n}") for n in (0, 120, 249)}
    recall_feed.records = [a_record(f"2026-11-{n:04d}", (GTIN, f"L{n}")) for n in range(250)]

    await town.worker_runs()

    assert {await status(town, lot) for lot in lots.values()} == {"recalled"}
    assert await town.value("select count(*) from app.recall_notices") == 250
    assert len(recall_feed.received) == 3


async def test_a_feed_that_repeats_a_page_or_has_no_end_is_left(
    town: Town, recall_feed: RecallFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    lot = await town.a_lot(gtin=AS_KEPT, batch="L1")
    page = [NAMED, *(a_record(f"2026-10-{n:04d}", ("", "voir la liste")) for n in range(99))]
    recall_feed.instead = lambda _: reply(200, as_page(page, 10**9))

    await town.worker_runs()

    assert len(recall_feed.received) == 2
    assert await status(town, lot) == "recalled"  # what was read counts
    assert await town.value("select count(*) from app.recall_feed") == 0  # but not as the whole feed

    monkeypatch.setattr(feed_reader, "MOST_PAGES", 4)
    recall_feed.instead = lambda _: reply(
        200, as_page([a_record(f"{len(recall_feed.received)}-{n}", ("", "voir la liste")) for n in range(100)])
    )
    await town.worker_runs()
    assert len(recall_feed.received) == 2 + 4


async def test_records_in_another_order_change_nothing(town: Town, recall_feed: RecallFeed) -> None:
    lots = [await town.a_lot(gtin=AS_KEPT, batch=f"L{n}") for n in (1, 2)]
    records = [a_record(f"2026-11-000{n}", (GTIN, f"L{n}")) for n in (1, 2)]
    for order in (records, records[::-1], records[:1], records):
        recall_feed.instead = lambda _, order=order: reply(200, as_page(order))
        await town.worker_runs()

    assert {await status(town, lot) for lot in lots} == {"recalled"}
    assert await town.value("select count(*) from app.recalls") == 2


async def test_a_failing_notice_is_tried_again_and_hides_no_other(town: Town, recall_feed: RecallFeed) -> None:
    lots = [await town.a_lot(gtin=AS_KEPT, batch=f"L{n}") for n in (1, 2)]
    recall_feed.records = [a_record(f"2026-11-000{n}", (GTIN, f"L{n}")) for n in (1, 2)]
    source: str = await town.value("select pg_get_functiondef('app.freeze_recalled(uuid,uuid[])'::regprocedure)")
    fails = f"if '{lots[0].id}' = any (lots) then perform 1 / 0; end if;"
    await town.changes(source.replace("\nbegin\n", f"\nbegin\n    {fails}\n", 1))

    await town.worker_runs()

    assert [await status(town, lot) for lot in lots] == ["published", "recalled"]
    assert await town.value("select array_agg(number) from app.recall_notices") == ["2026-11-0002"]
    await town.changes(source)
    await town.worker_runs()
    assert await status(town, lots[0]) == "recalled"


async def test_a_worker_killed_before_it_freezes_loses_nothing(town: Town, recall_feed: RecallFeed) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(gtin=AS_KEPT, batch="L1")
    bought = await marc.buys(lot)
    await town.worker_runs()
    recall_feed.records = [NAMED]
    source: str = await town.value("select pg_get_functiondef('app.freeze_recalled(uuid,uuid[])'::regprocedure)")
    await town.changes(source.replace("\nbegin\n", "\nbegin\n    perform pg_sleep(600);\n", 1))
    async with town.copy.connection() as connection:
        await connection.execute("set search_path = jobs, pg_catalog")
        await connection.execute(
            "insert into procrastinate_jobs (queue_name, task_name, args) values ('default', 'recalls.read_feed',"
            " '{\"timestamp\": 1}')"
        )
    # At a quarter of an hour the worker's clock begins a second reading, which waits for the first.
    theirs = "from pg_stat_activity where usename = 'ecopanier_worker' and datname = current_database()"
    running = await started(
        town,
        "worker",
        ECOPANIER_WORKER_DATABASE_URL=town.copy.url(WORKER),
        ECOPANIER_RAPPELCONSO_URL=recall_feed.address,
    )
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await town.value(f"select count(*) {theirs} and wait_event = 'PgSleep'"):
            await asyncio.sleep(0.1)
    running.send_signal(signal.SIGKILL)
    await running.wait()
    await town.value(f"select count(pg_terminate_backend(pid, 5000)) {theirs}")

    assert await status(town, lot) == "published"
    assert await town.value("select count(*) from app.recall_notices") == 0
    await town.changes(source)
    for _ in range(2):
        await town.worker_runs()

    assert (await status(town, lot), await town.status_of(bought)) == ("recalled", "cancelled")
    assert len(list((town.folder / "mails").glob("*-lot_recalled.eml"))) == 1


async def test_control_a_notice_kept_before_it_is_followed_would_be_lost(town: Town, recall_feed: RecallFeed) -> None:
    lot = await town.a_lot(gtin=AS_KEPT, batch="L1")
    source: str = await town.value("select pg_get_functiondef('app.freeze_recalled(uuid,uuid[])'::regprocedure)")
    await town.changes(source.replace("\nbegin\n", "\nbegin\n    return 0;\n", 1))  # killed after the notice was kept
    recall_feed.records = [NAMED]
    await town.worker_runs()
    await town.changes(source)

    await town.worker_runs()

    assert await status(town, lot) == "published"


@pytest.mark.parametrize("followed", [False, True], ids=["not followed", "control"])
async def test_only_the_configured_address_is_called(
    town: Town, recall_feed: RecallFeed, monkeypatch: pytest.MonkeyPatch, followed: bool
) -> None:
    if followed:
        client = httpx2.AsyncClient
        monkeypatch.setattr(httpx2, "AsyncClient", lambda **wanted: client(**{**wanted, "follow_redirects": True}))
    names = ("lien_vers_la_fiche_rappel", "liens_vers_les_images", "lien_vers_affichette_pdf")
    async with RecallFeed() as elsewhere:
        recall_feed.records = [a_record("2026-11-0042", **{name: f"{elsewhere.url}/x" for name in names})]
        await town.worker_runs()
        recall_feed.instead = lambda _: (
            f"HTTP/1.1 302 Found\r\nLocation: {elsewhere.address}\r\nContent-Length: 0\r\n\r\n".encode()
        )
        await town.worker_runs()

    assert len(elsewhere.received) == (1 if followed else 0)
    assert len(recall_feed.received) == 2


async def test_old_records_that_the_feed_did_not_filter_are_left(town: Town, recall_feed: RecallFeed) -> None:
    old = (datetime.now(UTC) - timedelta(days=800)).isoformat()
    recall_feed.instead = lambda _: reply(200, as_page([a_record("2024-09-0001", date_publication=old)]))

    await town.worker_runs()

    assert await town.value("select count(*) from app.recall_notices") == 0
