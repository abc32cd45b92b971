"""Reports of free, given and paid portions look the same to their shop: answers, lists, notices, SQL and work."""

import json
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from tests.policies.test_indistinguishable_portions import KINDS, WORK, Counter, differs
from tests.town import Person, Reservation, Town

WORDS = "Deux des trois pains étaient moisis."
REPORT = {"kind": "missing", "text": WORDS}
OFFER = {"outcome": "give_back", "share": 50, "text": "Nous sommes désolés."}
# Fields that differ between any two reports of one kind of portion.
DIFFERS = "id|reservation_id|lot_id|reported_at|answer_by|at|read_at|request_id|decided_at"


def masked(text: str) -> str:
    return re.sub(rf'("(?:{DIFFERS})"\s*:\s*)"[^"]*"', r'\1"…"', text)


class Complaints:
    """A shop with a collected and reported portion of each kind, and one more of each kind to report."""

    def __init__(self, counter: Counter, reports: dict[str, dict[str, Any]]) -> None:
        self.counter, self.reports = counter, reports
        self.town, self.merchant, self.shop = counter.town, counter.shop.merchant, counter.shop

    @classmethod
    async def made(cls, town: Town) -> "Complaints":
        counter = await Counter.opened(town)
        for kind in KINDS:
            for number in range(2):
                await counter.shop.merchant.hands_over(await counter.shown(kind, number))
        reports = {kind: await cls._reports(counter, kind, 0) for kind in KINDS}
        return cls(counter, reports)

    @staticmethod
    async def _reports(counter: Counter, kind: str, number: int) -> dict[str, Any]:
        path = f"/reservations/{counter.held[kind][number].id}/problem-report"
        made: dict[str, Any] = await counter.people[kind].posts(path, REPORT)
        return made

    async def is_over(self) -> None:
        end = await self.town.value("select max(pickup_end) from app.lots")
        await self.town.clock(max(end, await self.town.now()) + timedelta(minutes=1))
        await self.town.worker_runs()

    async def seen(self) -> dict[str, list[str]]:
        """Return what the merchant reads of each report, listed, alone and by SQL, and of the notice about it."""
        found = {}
        theirs = {lot["id"] for lot in (await self.merchant.gets(f"/shops/{self.shop.id}/lots"))["data"]}
        listed = {one["id"]: one for one in (await self.merchant.gets("/problem-reports", shop=self.shop.id))["data"]}
        for kind in KINDS:
            report = self.reports[kind]["id"]
            alone = await self.merchant.asks("GET", f"/problem-reports/{report}")
            headers = sorted(name for name in alone.headers if name != "date")
            async with self.town.sql_as(self.merchant) as sql:
                rows = await sql.fetch("select to_json(r)::text from app.problem_reports_seen(9, null, $1) r", report)
            found[kind] = [
                masked(json.dumps(listed[report])),
                str(listed[report]["lot_id"] in theirs),
                f"{alone.status_code} {headers} {masked(alone.text)}",
                *(masked(row[0]) for row in rows),
            ]
        return found


async def read(complaints: Complaints) -> dict[str, Any]:
    return await complaints.seen()


async def answered(complaints: Complaints) -> dict[str, Any]:
    """Return the answers to the shop that offers half of the price, twice, and what it reads then."""
    found: dict[str, list[str]] = {}
    for kind in KINDS:
        for _ in range(2):
            path = f"/problem-reports/{complaints.reports[kind]['id']}/answer"
            answer = await complaints.merchant.asks("POST", path, OFFER)
            headers = sorted(name for name in answer.headers if name != "date")
            found.setdefault(kind, []).append(f"{answer.status_code} {headers} {masked(answer.text)}")
    for _ in range(2):
        seen = await complaints.seen()
        for kind in KINDS:
            found[kind] += seen[kind]
        await complaints.is_over()
    seen = await complaints.seen()
    return {kind: found[kind] + seen[kind] for kind in KINDS}


async def work(complaints: Complaints) -> dict[str, Any]:
    """Return the work that the answer to each report does, by table."""
    found = {}
    for kind in KINDS:
        async with complaints.town.sql_as(complaints.merchant) as sql:
            report = complaints.reports[kind]["id"]
            await sql.execute("select app.answer_problem($1, 'give_back', 50, 'Désolés.')", report)
            found[kind] = [tuple(row) for row in await sql.fetch(WORK)]
    return found


async def books(complaints: Complaints) -> dict[str, Any]:
    """Return the shop's spreadsheet, figures and notices after each kind was given back: what it adds to them."""
    found = {}
    for kind in KINDS:
        before = await _shown_to(complaints)
        await complaints.merchant.posts(f"/problem-reports/{complaints.reports[kind]['id']}/answer", OFFER)
        await complaints.is_over()
        await complaints.is_over()
        found[kind] = [text for text in await _shown_to(complaints) if text not in before]
    return found


async def _shown_to(complaints: Complaints) -> list[str]:
    merchant, shop = complaints.merchant, complaints.shop
    csv = await merchant.asks("GET", "/reservations.csv", params={"shop": shop.id})
    figures = json.dumps(await merchant.gets(f"/impact/shops/{shop.id}"))
    notices = [masked(json.dumps(one)) for one in (await merchant.gets("/notices", limit=100))["data"]]
    return [csv.text, figures, *notices]


async def test_a_shop_reads_and_gets_the_same_of_each_kind(town: Town) -> None:
    complaints = await Complaints.made(town)

    assert not differs(found := await read(complaints)), found
    assert not differs(found := await answered(complaints)), found
    assert '"status": "answered"' in found["free"][-1] or '"status":"answered"' in found["free"][-1]

    # The money went where it belongs, without a trace for the shop: half of 4.00 € to the holder, and to the donor.
    rows = await town.rows("select given_back_at is not null, given_back_cents from app.problem_reports order by id")
    assert [tuple(row) for row in rows] == [(False, None), (True, 200), (True, 200)]
    async with town.sql_as(complaints.merchant) as sql:
        for table in ("problem_reports", "suspended_portions", "payments"):
            try:
                async with sql.transaction():
                    assert await sql.fetchval(f"select count(*) from app.{table}") == 0  # noqa: S608  names of ours
            except asyncpg.InsufficientPrivilegeError:
                assert table == "problem_reports"
        # Nor who took the photo of a report.
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await sql.fetch("select account_id from app.photos")


async def test_an_answer_does_the_same_work_for_each_kind(town: Town) -> None:
    complaints = await Complaints.made(town)
    await works(complaints.counter.people["paid"])

    assert not differs(found := await work(complaints)), found


async def works(person: Person) -> None:
    """Let a holder have every notice turned off, unlike the others: it must not show in the shop's answer."""
    await person.asks(
        "PUT",
        "/me/notice-preferences",
        {"preferences": [{"event": "pickup_reminder", "channel": "mail", "wanted": False}]},
    )


async def test_nothing_given_back_shows_in_spreadsheets_figures_and_notices(town: Town) -> None:
    complaints = await Complaints.made(town)
    await complaints.is_over()
    await _shown_to(complaints)

    assert await books(complaints) == {kind: [] for kind in KINDS}


async def test_decisions_of_admins_look_the_same_for_each_kind(town: Town) -> None:
    complaints = await Complaints.made(town)
    odile = await town.an_admin()
    await town.clock(await town.now() + timedelta(hours=73))
    for kind in KINDS:
        outcome = "sorry" if kind == "free" else "give_back"
        await odile.posts(
            f"/problem-reports/{complaints.reports[kind]['id']}/decide", {"outcome": outcome, "text": kind}
        )
    assert not differs(found := await read(complaints)), found
    await complaints.is_over()
    assert not differs(found := await read(complaints)), found
    assert "decided" in found["free"][0]
    assert await town.value("select sum(given_back_cents) from app.problem_reports") == 800


async def paused_by(town: Town, kind: str) -> list[str]:
    """Return what an owner reads in the app and in their copy after this kind of portion paused their shop."""
    shop = await town.a_shop()
    lot, free = await town.a_lot(shop=shop), await town.a_free_lot(shop=shop)
    marc, hugo, zoe = [await town.a_customer() for _ in range(3)]
    amina = await town.a_beneficiary()
    held: list[tuple[Person, Reservation]] = [(one, await one.reserves(lot)) for one in (marc, hugo)]
    held.append((zoe, await zoe.reserves(lot)) if kind == "paid" else (amina, await amina.reserves(free)))
    await town.changes(
        "update app.reservations set status = 'confirmed', hold_until = null, confirmed_at = now()"
        " where status = 'held'"
    )
    await town.changes("update app.lots set pickup_start = app.clock() where shop_id = $1", shop.id)
    for person, one in held:
        await person.posts(f"/reservations/{one.id}/problem-report", {"kind": "closed", "text": "Fermé."})
    async with town.sql_as(shop.merchant) as sql:
        copied = await sql.fetch("select file, content from app.export_account() where file like '%audit%' order by 1")
    shown = json.dumps([json.loads(row["content"]) for row in copied])
    # Two notices of one act may come in either order.
    told = sorted(notice["title"] for notice in (await shop.merchant.gets("/notices"))["data"])
    assert "shop.paused" in shown
    return [re.sub(r'"(subject_id|id|at)": "[^"]*"', "", shown), *told]


@pytest.mark.parametrize("careful", [True, False], ids=["the act", "control"])
async def test_an_owner_cannot_tell_whose_report_paused_the_shop(town: Town, careful: bool) -> None:
    if not careful:
        source = await town.value("select pg_get_functiondef('app.export_account'::regproc)")
        await town.changes(source.replace("when 'shop.paused' then", "when 'none' then"))
    assert (await paused_by(town, "paid") == await paused_by(town, "free")) is careful


# Faults that the comparisons have to notice: a piece of a function is replaced by another.
FAULTS: dict[str, tuple[Callable[[Complaints], Awaitable[dict[str, Any]]], str, str, str]] = {
    "the lot beside": (read, "problem_reports_seen", "case when at_shop then n.lot_id else r.lot_id end", "r.lot_id"),
    "a report that names its lot's kind": (
        read,
        "problem_reports_seen",
        "l.title, n.shop_id",
        "l.title || l.kind, n.shop_id",
    ),
    "money in the report": (
        answered,
        "problem_reports_seen",
        "case when as_admin then n.given_back_cents end",
        "n.given_back_cents",
    ),
    "a state that says that an admin decides": (
        answered,
        "report_status",
        "when q.answered_at is not null and at_shop then 'answered'",
        "when false then null",
    ),
    "admins who are told by the answer": (
        work,
        "answer_problem",
        "perform app.note('problem_report.answered'",
        "if (select l.kind from app.lots l where l.id = q.lot_id) = 'free' then"
        " perform app.tell_admins_of_report(q.id); end if; perform app.note('problem_report.answered'",
    ),
    "a holder who is told by the answer": (
        work,
        "answer_problem",
        "perform app.note('problem_report.answered'",
        "perform app.tell_of_answer(q.id); perform app.note('problem_report.answered'",
    ),
    "a notice of what went back": (
        books,
        "give_back_reported",
        "handled := handled + 1",
        "perform app.tell_shop(s.shop_id, 'sold_out', jsonb_build_object('lot', app.lot_told(due.lot_id),"
        " 'portions', back), due.id::text) from app.problem_reports s where s.id = due.id and back > 0;"
        " handled := handled + 1",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_control_each_comparison_notices_a_difference(town: Town, fault: str) -> None:
    looks, function, good, bad = FAULTS[fault]
    source = await town.value(
        "select pg_get_functiondef(oid) from pg_proc where proname = $1 and pronamespace = 'app'::regnamespace",
        function,
    )
    assert source.count(good) == 1
    await town.changes(source.replace(good, bad))

    assert differs(await looks(await Complaints.made(town)))
