"""A relay that refuses everybody loses no mail and is told to the operator; an address that it refuses is given up."""

import datetime
from collections.abc import MutableMapping
from typing import Any, Self
from uuid import UUID, uuid4

import pytest
from procrastinate.jobs import Job

from backend import mail
from backend.queued_jobs import RETRY
from backend.settings import settings
from tests.faults.test_smtp import Logs
from tests.journeys.test_recall_mails import gives_own_address
from tests.smtp_server import HANG_UP, SmtpServer
from tests.town import Beneficiary, Customer, Town
from tests.visitors import read_mail


class Relay:
    """A relay whose answers a test changes while mails wait: `refuses` maps a verb or a recipient to a reply."""

    def __init__(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        self.town = town
        self.refuses: dict[str, bytes] = {}
        self.server = SmtpServer(self.refuses.get, recipient=self.refuses.get)
        self._environment = monkeypatch

    async def __aenter__(self) -> Self:
        await self.server.__aenter__()
        self._environment.setenv("SMTP_URL", self.server.url)
        settings.cache_clear()
        return self

    async def __aexit__(self, *of: Any) -> None:
        await self.server.__aexit__(*of)

    async def is_tried(self, times: int = 1, *, beside_others: bool = False) -> None:
        """Let all pauses pass and run the jobs, as often as said; each time with a mail to somebody else, if wanted."""
        for _ in range(times):
            await self.town.changes("update jobs.procrastinate_jobs set scheduled_at = null where attempts > 0")
            await self.town.changes("update app.mail_relay set tried_at = tried_at - interval '30 seconds'")
            if beside_others:
                await withdrawn_from(self.town, 1)
            await self.town.worker_runs()

    async def jobs(self) -> set[tuple[str, int]]:
        """Return the status and the attempts of each job that sends a mail."""
        rows = await self.town.rows(
            "select status::text, attempts from jobs.procrastinate_jobs where task_name ~ 'tell_|notices.deliver'"
        )
        return {(row[0], row[1]) for row in rows}


async def withdrawn_from(town: Town, number: int) -> list[str]:
    """Let people reserve a lot that is then withdrawn; return their addresses, to each of which goes a mail."""
    lot = await town.a_lot(left=number)
    holders = [await town.a_customer() for _ in range(number)]
    for holder in holders:
        await holder.reserves(lot)
    # What was paid would be refunded; here only the mails matter.
    await town.changes("update app.reservations set status = 'confirmed', hold_until = null, confirmed_at = now()")
    await lot.shop.merchant.withdraws(lot)
    return [str(holder.email) for holder in holders]


def events(logs: Logs, event: str) -> list[MutableMapping[str, Any]]:
    return [log for log in logs if log["event"] == event]


@pytest.mark.parametrize(
    "verb_and_reply",
    [("CONNECT", b"554 no service"), ("MAIL", b"550 sender unknown"), ("RCPT", b"554 relay access denied"),
     ("DOT", b"550 not from you")],
    ids=lambda pair: pair[0],
)  # fmt: skip
async def test_a_relay_that_refuses_everybody_loses_no_mail_and_is_reported_once(
    town: Town, monkeypatch: pytest.MonkeyPatch, logs: Logs, verb_and_reply: tuple[str, bytes]
) -> None:
    addresses = await withdrawn_from(town, 4)
    async with Relay(town, monkeypatch) as relay:
        relay.refuses.update([verb_and_reply])
        await relay.is_tried(15)  # more often than other jobs are
        assert await relay.jobs() == {("todo", 15)}
        (outage,) = events(logs, "mail.relay_fails")
        assert outage["log_level"] == "error"
        assert outage["smtp_code"] == int(verb_and_reply[1][:3])
        assert events(logs, "mail.refused") == []
        assert (await town.request("GET", "/readyz")).status_code == 200
        assert await gauge(town, "ecopanier_mails_waiting") == 4
        assert await gauge(town, "ecopanier_mail_relay_failing_seconds") > 0

        relay.refuses.clear()
        await relay.is_tried()

    assert sorted(relay.server.recipients[-4:]) == sorted(addresses)
    assert await relay.jobs() == {("succeeded", 16)}
    assert len(events(logs, "mail.relay_works_again")) == 1
    assert (
        await gauge(town, "ecopanier_mails_waiting"),
        await gauge(town, "ecopanier_mail_relay_failing_seconds"),
    ) == (
        0,
        0,
    )
    assert not [address for address in addresses if address in str(logs)]


async def test_an_address_that_alone_is_refused_is_given_up(
    town: Town, monkeypatch: pytest.MonkeyPatch, logs: Logs
) -> None:
    wrong, *others = await withdrawn_from(town, 4)
    async with Relay(town, monkeypatch) as relay:
        relay.refuses[wrong] = b"550 no such person"
        await relay.is_tried(4, beside_others=True)
        assert {status for status, _ in await relay.jobs()} == {"succeeded", "todo"}
        await relay.is_tried(2, beside_others=True)

    assert wrong not in relay.server.recipients
    assert set(others) <= set(relay.server.recipients)
    assert {status for status, _ in await relay.jobs()} == {"succeeded"}
    assert [log["smtp_code"] for log in events(logs, "mail.refused")] == [550]
    assert events(logs, "mail.relay_fails") == []
    kept = await town.rows("select smtp_code, template, given_up_at is not null from app.undelivered_mails")
    assert [tuple(row) for row in kept] == [(550, "lot_withdrawn", True)]
    assert await gauge(town, "ecopanier_mails_waiting") == 0


async def test_a_refused_address_is_marked_until_it_is_another(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = (await withdrawn_from(town, 1))[0]
    await withdrawn_from(town, 3)
    account = await town.value("select id from app.accounts where email = $1", wrong)
    marc = Customer(town, account, "Marc", wrong)
    odile = await town.an_admin()
    async with Relay(town, monkeypatch) as relay:
        relay.refuses[wrong] = b"550 no such person " + wrong.encode()
        await relay.is_tried(7, beside_others=True)
        before = len(relay.server.recipients)

        (notice,) = (await marc.gets("/notices"))["data"]
        assert notice["deliveries"] == [{"channel": "mail", "state": "failed"}]
        assert (await marc.gets("/me/notice-preferences"))["address_refused_at"]
        (failed,) = (await odile.gets("/admin/notice-deliveries", state="failed"))["data"]
        assert (failed["account_id"], failed["smtp_code"]) == (str(account), 550)
        assert wrong not in str(failed)
        # What can be done without is no longer mailed there; it still comes in the app.
        await town.changes("select app.notify($1, 'pass_handed', '{}')", account)
        await town.changes(
            "insert into app.notice_preferences values ($1, 'portion_kept', 'mail', true, now())", account
        )
        await town.changes("select app.notify($1, 'portion_kept', '{}')", account)
        await town.worker_runs()
        assert len(relay.server.recipients) == before
        assert await town.value("select count(*) from app.notice_deliveries where account_id = $1", account) == 1

    await town.changes("update app.accounts set email = 'other@example.org' where id = $1", account)
    assert (await marc.gets("/me/notice-preferences"))["address_refused_at"] is None


async def test_control_the_only_address_that_is_refused_is_not_given_up(
    town: Town, monkeypatch: pytest.MonkeyPatch, logs: Logs
) -> None:
    """Nothing shows yet whether the address is wrong or the relay."""
    (wrong,) = await withdrawn_from(town, 1)
    async with Relay(town, monkeypatch) as relay:
        relay.refuses[wrong] = b"550 no such person"
        await relay.is_tried(20)

    assert await relay.jobs() == {("todo", 20)}
    assert events(logs, "mail.refused") == []


async def test_a_relay_that_works_now_and_then_loses_no_mail(
    town: Town, monkeypatch: pytest.MonkeyPatch, logs: Logs
) -> None:
    """One of two machines behind its name refuses every recipient."""
    first, *others = await withdrawn_from(town, 4)
    async with Relay(town, monkeypatch) as relay:
        for _ in range(2):
            relay.refuses.clear()
            relay.refuses[first] = b"554 relay access denied"  # who comes to the wrong machine each time
            await relay.is_tried()
            relay.refuses["RCPT"] = b"554 relay access denied"
            await relay.is_tried()
        assert events(logs, "mail.refused") == []
        relay.refuses.clear()
        await relay.is_tried(2)

    assert set(relay.server.recipients) == {first, *others}


async def test_an_outage_occupies_one_worker_at_a_time(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many mails that wait, one tries whether the relay works again."""
    await withdrawn_from(town, 6)
    async with Relay(town, monkeypatch) as relay:
        relay.refuses["CONNECT"] = b"554 no service"
        await relay.is_tried()
        assert relay.server.connections == 1
        await relay.is_tried(3)
        assert relay.server.connections == 4
        assert await relay.jobs() == {("todo", 4)}
        assert await gauge(town, "ecopanier_mails_waiting") == 6


async def test_an_address_that_is_put_off_for_days_is_given_up(
    town: Town, monkeypatch: pytest.MonkeyPatch, logs: Logs
) -> None:
    slow, _ = await withdrawn_from(town, 2)
    async with Relay(town, monkeypatch) as relay:
        relay.refuses[slow] = b"450 domain not found"
        await relay.is_tried(7, beside_others=True)
        assert {status for status, _ in await relay.jobs()} == {"todo", "succeeded"}
        await town.changes("update app.undelivered_mails set first_at = first_at - interval '6 days'")
        await relay.is_tried()

    assert {status for status, _ in await relay.jobs()} == {"succeeded"}
    assert [log["smtp_code"] for log in events(logs, "mail.refused")] == [450]


async def test_mails_to_people_without_an_account_are_kept_too(town: Town) -> None:
    """Somebody registers while the relay refuses everybody: there is no account yet."""
    told = [
        await town.rows(
            "select * from app.mail_failed(sha256($1), $2, 'lot_recalled', 554, 'address')", bytes([number]), uuid4()
        )
        for number in range(4)
    ]

    assert [(row["given_up"], row["outage"], row["waiting"]) for (row,) in told] == [
        (False, number == 3, number) for number in (1, 2, 3, 4)
    ]


async def test_an_unreachable_relay_is_reported_after_a_quarter_of_an_hour(
    town: Town, monkeypatch: pytest.MonkeyPatch, logs: Logs
) -> None:
    await withdrawn_from(town, 1)
    async with Relay(town, monkeypatch) as relay:
        relay.refuses["CONNECT"] = HANG_UP
        await relay.is_tried(2)
        assert events(logs, "mail.relay_fails") == []
        await town.changes("update app.undelivered_mails set first_at = first_at - interval '16 minutes'")
        await relay.is_tried(3)

    assert len(events(logs, "mail.relay_fails")) == 1


@pytest.mark.parametrize("confirmed", [False, True])
async def test_supporters_are_told_once_when_the_mail_of_a_recall_comes_back(
    town: Town, monkeypatch: pytest.MonkeyPatch, logs: Logs, confirmed: bool
) -> None:
    """Where no address is confirmed they are told at once, and not again when the mail comes back."""
    relais, odile, marc = await town.an_association(), await town.an_admin(), await town.a_customer()
    lot = await town.a_free_lot(gtin="03017620422003")
    amina = await (relais.enrols() if confirmed else relais.enrols(email="mistyped@example.org"))
    await relais.verifies(amina["id"])
    person = Beneficiary(town, UUID(amina["id"]), "Amina", None)
    if confirmed:
        await gives_own_address(town, person, "mistyped@example.org")
        await town.changes("update app.sealed_addresses set verified_at = now() where account_id = $1", person.id)
    await person.reserves(lot)
    await marc.buys(await town.a_lot(gtin="03017620422003"))
    await odile.posts("/admin/recalls", {"gtin": "3017620422003", "reason": "Listeria"})
    async with Relay(town, monkeypatch) as relay:
        relay.refuses["mistyped@example.org"] = b"550 no such person"
        await relay.is_tried(7, beside_others=True)

    told = [read_mail(raw) for raw in relay.server.mails if amina["code"].encode() in raw]
    assert [mail.to for mail in told] == [relais.email]
    lost = [log for log in events(logs, "notice.not_delivered") if log["mail"] == "lot_recalled"]
    assert len(lost) == 1


def test_mails_are_retried_for_ever_and_other_jobs_are_not() -> None:
    def pause(error: Exception, attempts: int) -> float | None:
        job = Job(
            id=1, queue="default", lock=None, queueing_lock=None, task_name="x", task_kwargs={}, attempts=attempts
        )
        decision = RETRY.get_retry_decision(exception=error, job=job)
        if decision is None or decision.retry_at is None:
            return None
        return round((decision.retry_at - datetime.datetime.now(datetime.UTC)).total_seconds())

    not_sent = mail.MailNotSent("OSError", "relay")
    assert [pause(not_sent, attempts) for attempts in (0, 1, 2, 5, 6, 50, 10_000)] == [3, 9, 27, 729, 900, 900, 900]
    assert [pause(ValueError(), attempts) for attempts in (0, 1, 12)] == [3, 9, None]


async def gauge(town: Town, name: str) -> float:
    """Return a metric of the product."""
    told = (await town.request("GET", "/metrics")).text
    return next(float(line.split()[1]) for line in told.splitlines() if line.startswith(f"{name} "))
