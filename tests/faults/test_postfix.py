"""Mails through a real Postfix: taken and passed on whole, refused to all, and refused to one."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from backend.settings import settings
from tests.postfix import NEEDS_POSTFIX, Postfix, a_postfix
from tests.smtp_server import SmtpServer
from tests.town import Town
from tests.visitors import read_mail

pytestmark = NEEDS_POSTFIX
PATIENCE_SECONDS = 20


@pytest.fixture(scope="module")
async def arrived() -> AsyncIterator[SmtpServer]:
    """The mail server behind the relay."""
    async with SmtpServer() as server:
        yield server


@pytest.fixture(scope="module")
async def postfix(arrived: SmtpServer) -> AsyncIterator[Postfix]:
    # Its sockets need a short path, which Postfix's own account may enter.
    folder = Path(tempfile.mkdtemp(prefix="postfix-", dir="/tmp"))
    try:
        with a_postfix(folder, arrived.port) as running:
            yield running
    finally:
        shutil.rmtree(folder)


@pytest.fixture
async def relay(postfix: Postfix, arrived: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Postfix]:
    """Postfix as the product's relay, with nothing arrived behind it yet."""
    monkeypatch.setenv("SMTP_URL", postfix.url)
    settings.cache_clear()
    arrived.mails.clear()
    arrived.recipients.clear()
    yield postfix
    postfix.relays(True)


async def recalled_from(town: Town, *addresses: str) -> None:
    """Recall a lot that people with these addresses have reserved, with a reason as long as it may be."""
    batch = str(await town.value("select 'L' || count(*) from app.recalls"))
    lot = await town.a_lot(gtin="03017620422003", batch=batch, title="Tartinade à la noisette")
    for address in addresses:
        holder = await town.a_customer()
        await town.changes("update app.accounts set email = $2 where id = $1", holder.id, address)
        await holder.reserves(lot)
    reason = "Présence possible d'éclats de verre 漢字. " * 12
    body = {"gtin": "3017620422003", "batch": batch, "reason": reason[:500].strip()}
    await (await town.an_admin()).posts("/admin/recalls", body)
    await town.changes("update app.reservations set status = 'confirmed', hold_until = null, confirmed_at = now()")
    await town.worker_runs()


async def is_tried(town: Town) -> None:
    await town.changes("update jobs.procrastinate_jobs set scheduled_at = null where status = 'todo'")
    await town.changes("update app.mail_relay set tried_at = tried_at - interval '30 seconds'")
    await town.worker_runs()


async def waiting(town: Town) -> int:
    number: int = await town.value(
        "select count(*) from app.notice_deliveries d join app.notices n on n.id = d.notice_id"
        " where n.event = 'lot_recalled' and d.state = 'queued'"
    )
    return number


async def have_arrived(arrived: SmtpServer, *addresses: str) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not set(addresses) <= set(arrived.recipients):
            await asyncio.sleep(0.05)


async def test_a_real_relay_takes_our_greeting_and_passes_mails_on_whole(
    town: Town, relay: Postfix, arrived: SmtpServer
) -> None:
    await recalled_from(town, "marc@example.org")
    await have_arrived(arrived, "marc@example.org")

    raw = next(raw for raw in arrived.mails if read_mail(raw).to == "marc@example.org")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    received = read_mail(raw)
    assert received.subject == "Rappel : ne mangez pas « Tartinade à la noisette »"
    for text in (received.text, received.html.replace("&#39;", "'")):
        assert "éclats de verre 漢字. Présence" in text
        assert "Boulangerie du Marché" in text


async def test_a_real_relay_that_does_not_know_us_loses_no_mail(
    town: Town, relay: Postfix, arrived: SmtpServer
) -> None:
    relay.relays(False)
    addresses = ("marc@example.org", "jeanne@example.org", "yanis@example.org")
    await recalled_from(town, *addresses)
    for _ in range(3):
        await is_tried(town)
    assert await waiting(town) == 3
    assert "554 5.7.1" in relay.said
    assert await town.value("select failing_since is not null from app.mail_relay")
    assert arrived.mails == []

    relay.relays(True)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await waiting(town):
            await is_tried(town)
    await have_arrived(arrived, *addresses)
    assert await town.value("select failing_since is null from app.mail_relay")


async def test_an_address_that_a_real_relay_refuses_is_given_up(
    town: Town, relay: Postfix, arrived: SmtpServer
) -> None:
    await recalled_from(town, "marc@example.org", "nobody@example.org")
    others = [f"jeanne{number}@example.org" for number in range(5)]
    for other in others:  # taken between its refusals, so the relay works
        await recalled_from(town, other)
        await is_tried(town)
    await have_arrived(arrived, "marc@example.org", *others)

    assert await waiting(town) == 0
    given_up = await town.rows("select smtp_code from app.undelivered_mails where given_up_at is not null")
    assert [row[0] for row in given_up] == [554]
    assert "nobody@example.org" not in arrived.recipients
