"""Problem reports that meet: two reports, two answers, an answer and a decision, three closed doors, and refunds."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from tests.journeys.test_problem_reports import answers, bought, collected, is_over, listed, reports
from tests.town import Customer, Lot, Person, Reservation, Town
from tests.town.databases import API, WORKER, Connection, become

HELD = "select * into q from app.problem_reports x where x.id = report for update;"
SHOP = "perform from app.shops s where s.id = l.shop_id for no key update;"
REPORT = "perform from app.problem_reports q where q.id = due.id and q.given_back_at is null for update nowait;"
GIFTS = "perform from app.suspended_lots s where s.id = any (gifts) order by s.id for update nowait;"
PAYMENTS = "perform from app.payments x where x.reservation_id = any (gifts) order by x.id for update nowait;"
CAREFUL = pytest.mark.parametrize("careful", [True, False], ids=["the act", "control"])

ANSWER = "select app.answer_problem($1, 'sorry', null, 'Désolés.')"
DECIDE = "select app.decide_problem($1, 'sorry', null, 'Rien.')"
CLOSED = "select app.report_problem($1, 'closed', 'Rideau baissé.')"


async def without(town: Town, act: str, protection: str, instead: str = "") -> None:
    source: str = await town.value("select pg_get_functiondef(p.oid) from pg_proc p where p.proname = $1", act)
    assert source.count(protection) == 1
    await town.changes(source.replace(protection, instead))


async def does(connection: Connection, who: Person, act: str, *arguments: Any) -> asyncpg.transaction.Transaction:
    transaction = connection.transaction()
    await transaction.start()
    await become(connection, who.id)
    await connection.fetchval(act, *arguments)
    return transaction


async def one_after_the_other(town: Town, *acts: tuple[Person, str, Any]) -> list[str | None]:
    """Let each act begin while those before it are not committed; return the problem of each, or None."""
    async with town.copy.connections(len(acts), API) as connections:
        first = await does(connections[0], *acts[0])

        async def follows(connection: Connection, act: tuple[Person, str, Any]) -> str | None:
            try:
                await (await does(connection, *act)).commit()
            except asyncpg.PostgresError as refusal:
                return refusal.constraint_name if isinstance(refusal, asyncpg.UniqueViolationError) else str(refusal)
            return None

        following = []
        for connection, act in zip(connections[1:], acts[1:], strict=True):
            following.append(asyncio.create_task(follows(connection, act)))
            await asyncio.sleep(0.3)  # by then it is done, or waits
        await first.commit()
        return [None, *await asyncio.gather(*following)]


@CAREFUL
async def test_a_reservation_has_one_report_when_two_are_made_at_once(town: Town, careful: bool) -> None:
    if not careful:
        await town.changes("alter table app.problem_reports drop constraint problem_reports_reservation_id_key")
    marc, lot, held = await bought(town)
    await collected(town, lot, marc, held)
    path, body = f"/reservations/{held.id}/problem-report", {"kind": "other", "text": "x"}

    sent = await asyncio.gather(*(marc.asks("POST", path, body) for _ in range(5)))

    assert await town.value("select count(*) from app.problem_reports") == (1 if careful else 5)
    if careful:
        assert sorted(answer.status_code for answer in sent) == [201, 409, 409, 409, 409]
        assert {a.json()["code"] for a in sent if a.status_code == 409} == {"problem_report.exists"}


@CAREFUL
@pytest.mark.parametrize("second", ["another answer", "a decision"])
async def test_a_report_is_answered_or_decided_once(town: Town, second: str, careful: bool) -> None:
    (marc, lot, held), odile = await bought(town), await town.an_admin()
    report = (await reports(marc, await collected(town, lot, marc, held)))["id"]
    if not careful:
        for act in ("answer_problem", "decide_problem"):
            await without(town, act, HELD, HELD.replace(" for update", ""))
    merchant: Person = lot.shop.merchant
    then = (merchant, ANSWER, report) if second == "another answer" else (odile, DECIDE, report)

    done = await one_after_the_other(town, (merchant, ANSWER, report), then)

    assert done == ([None, "problem_report.answered"] if careful else [None, None])


async def test_an_answer_that_meets_a_decision_finds_it_with_the_admins(town: Town) -> None:
    (marc, lot, held), odile = await bought(town), await town.an_admin()
    report = (await reports(marc, await collected(town, lot, marc, held)))["id"]

    done = await one_after_the_other(town, (odile, DECIDE, report), (lot.shop.merchant, ANSWER, report))

    assert done == [None, "problem_report.with_admins"]
    assert (await listed(marc))[0]["answer"] is None


@CAREFUL
async def test_three_closed_doors_at_once_pause_the_shop(town: Town, careful: bool) -> None:
    if not careful:
        await without(town, "report_problem", SHOP)
    lot = await town.a_lot(left=9)
    holders = [await town.a_customer(name) for name in ("Marc", "Zoé", "Hugo")]
    held = [await person.buys(lot) for person in holders]
    await town.opens(lot)

    acts = [(person, CLOSED, one.id) for person, one in zip(holders, held, strict=True)]
    assert await one_after_the_other(town, *acts) == [None] * 3

    assert await town.value("select paused_at is not null from app.shops where id = $1", lot.shop.id) is careful
    assert await town.value("select status from app.lots") == ("paused" if careful else "published")


async def test_reservations_that_meet_a_pause_stay_or_are_refused(town: Town) -> None:
    lot = await town.a_lot(left=20)
    holders = [await town.a_customer(name) for name in ("Marc", "Zoé", "Hugo")]
    held = [await person.buys(lot) for person in holders]
    others = [await town.a_customer(f"Inès {number}") for number in range(4)]
    await town.opens(lot)

    await asyncio.gather(
        *(reports(person, one, "closed") for person, one in zip(holders, held, strict=True)),
        *(person.sends_reservation(lot) for person in others),
    )

    assert await town.value("select status from app.lots") == "paused"
    assert await town.stock_is_exact()


async def given(town: Town) -> tuple[Customer, Lot, Reservation]:
    """Return a donor whose two portions were collected, one of which was reported; the gift is settled."""
    jeanne, lot = await town.a_customer("Jeanne"), await town.a_lot(left=2)
    gift = await jeanne.gives(lot, 2)
    beside = await town.suspended_lot_of(lot)
    for name in ("Amina", "Zoé"):
        person = await town.a_beneficiary(name)
        held = await collected(town, lot, person, await person.reserves(beside))
    made = await reports(person, held)
    await is_over(town, lot)
    await answers(lot.shop.merchant, made, "give_back")
    return jeanne, lot, gift


@CAREFUL
async def test_two_workers_give_back_once(town: Town, careful: bool) -> None:
    _, lot, gift = await given(town)
    if not careful:
        await without(town, "give_back_reported", REPORT, REPORT.replace(" for update nowait", ""))
        for lock in (GIFTS, PAYMENTS):
            await without(town, "give_back_to_donors", lock)

    async with town.copy.connections(2, WORKER) as (first, second):
        transaction = first.transaction()
        await transaction.start()
        assert await first.fetchval("select app.give_back_reported(9)") == 1
        meanwhile = asyncio.create_task(second.fetchval("select app.give_back_reported(9)"))
        await asyncio.sleep(0.3)
        await transaction.commit()
        assert await meanwhile == (0 if careful else 1)
    await is_over(town, lot)

    assert await town.money(gift) == (800, 400 if careful else 800)


async def test_a_locked_gift_holds_up_no_worker(town: Town) -> None:
    _, lot, gift = await given(town)
    async with town.copy.connection() as other, other.transaction():
        await other.execute("select from app.suspended_lots for update")
        async with town.copy.connection(WORKER) as worker:
            assert await worker.fetchval("select app.give_back_reported(9)", timeout=5) == 0
    await is_over(town, lot)
    assert await town.money(gift) == (800, 400)


@pytest.mark.parametrize("meets", ["cancelling", "withdrawing", "refunding by hand", "recalling"])
async def test_money_goes_back_once_whatever_meets_a_report(town: Town, meets: str) -> None:
    """The reservation is not collected: its holder found the door closed, and the shop gives everything back."""
    marc, lot, held = await bought(town, gtin="03017620422003")
    odile = await town.an_admin()
    await town.opens(lot)
    made = await reports(marc, held, "closed")
    intent = await town.value("select stripe_payment_intent from app.payments")

    async def happens() -> None:
        if meets == "cancelling":
            await marc.cancels(held)  # late: its price is not given back by that
        elif meets == "withdrawing":
            await lot.shop.merchant.withdraws(lot)
        elif meets == "refunding by hand":
            await town.stripe.refund_in_dashboard(intent, 150)
        else:
            await odile.posts("/admin/recalls", {"gtin": "3017620422003", "reason": "Listeria"})

    await asyncio.gather(answers(lot.shop.merchant, made, "give_back"), happens(), town.worker_runs())
    await is_over(town, lot)
    await town.clock(await town.now() + timedelta(hours=1))
    await is_over(town, lot)

    assert await town.money(held) == (400, 400)
    assert await town.stock_is_exact()


@CAREFUL
async def test_refunds_by_hand_count_towards_a_report_s_refund(town: Town, careful: bool) -> None:
    if not careful:
        await without(
            town, "give_back_to_holder", " * share / 100.0), 1);", " * share / 100.0), 1) + p.refunded_cents;"
        )
    marc, lot, held = await bought(town)
    made = await reports(marc, await collected(town, lot, marc, held))
    await town.stripe.refund_in_dashboard(await town.value("select stripe_payment_intent from app.payments"), 150)
    await town.stripe.webhooks_quiet()
    await town.worker_runs()

    await answers(lot.shop.merchant, made, "give_back", share=50)
    await is_over(town, lot)

    assert await town.money(held) == (400, 200 if careful else 350)
    assert await town.value("select given_back_cents from app.problem_reports") == (50 if careful else 200)


async def test_a_payment_stays_out_of_the_books_while_its_report_is_open(town: Town) -> None:
    marc, lot, held = await bought(town)
    made = await reports(marc, await collected(town, lot, marc, held))
    await town.changes("select app.erase_account($1, 'test')", marc.id)
    await is_over(town, lot)
    await town.changes("select app.finish_erasure($1)", marc.id)
    assert await town.value("select count(*) from accounting.payments") == 0

    await answers(lot.shop.merchant, made, "give_back", share=50)
    await is_over(town, lot)
    await town.changes("select app.forget_reservations(10)")

    assert await town.money(held) == (400, 200)
    assert await town.value("select refunded_cents from accounting.payments") == 200
