"""Refunds that change at Stripe after their payment was moved to the books are noticed, and the books stay right."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from backend.payments import jobs as payments
from backend.payments import settling
from backend.settings import settings
from backend.stripe.client import Intent, Stripe
from backend.worker import working
from tests.town import Customer, Reservation, Town


@pytest.fixture
async def paid_town(town: Town) -> AsyncIterator[Town]:
    await town.ensure_served()
    yield town
    await town.stripe.webhooks("release")


async def erased(town: Town, customer: Customer) -> None:
    """Erase a customer, whose payments move to the books."""
    assert (await customer.asks("DELETE", "/me")).status_code == 204
    await town.worker_runs()
    assert await town.value("select count(*) from app.payments") == 0
    assert await town.value("select count(*) from accounting.payments") == 1


async def refunded_and_booked(town: Town) -> Reservation:
    """Return a reservation of 8.00 € that was cancelled and refunded, and whose customer was erased since."""
    marc = await town.a_customer()
    paid = await marc.buys(await town.a_lot(left=3, price_cents=400), 2)
    await marc.cancels(paid)
    await town.worker_runs()
    await erased(town, marc)
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    assert await seen_by_the_accountant(town) == [(800, 800, "refunded", False)]
    return paid


async def seen_by_the_accountant(town: Town) -> list[tuple[Any, ...]]:
    """Return the amounts, refunds and states in the books, and whether they were corrected."""
    async with town.copy.connection() as connection, connection.transaction():
        await connection.execute("set local role ecopanier_accountant")
        rows = await connection.fetch(
            "select amount_cents, refunded_cents, status, corrected_at is not null from accounting.current_payments"
        )
    return [tuple(row) for row in rows]


async def failing_refund(town: Town) -> None:
    await town.stripe.fail_refund(await town.value("select stripe_refund from accounting.payments"))


def mails(town: Town) -> list[str]:
    return [file.read_text() for file in sorted((town.folder / "mails").glob("*-refund_failed.eml"))]


@pytest.mark.parametrize("told", [True, False], ids=["by an event", "by the list"])
async def test_a_refund_failing_after_booking_corrects_books_and_tells_admins(paid_town: Town, told: bool) -> None:
    town = paid_town
    admins = [await town.an_admin(), await town.an_admin("Paul")]
    paid = await refunded_and_booked(town)
    await town.stripe.webhooks("release" if told else "hold")

    await failing_refund(town)
    if told:
        await town.stripe.webhooks_quiet()
    else:
        async with working(settings()) as (work, _):
            assert await payments.look_for_refunds(work) == 1
            assert await payments.look_for_refunds(work) == 0
    with capture_logs() as logged:
        await town.worker_runs()

    assert await town.money(paid) == (800, 0)
    assert await seen_by_the_accountant(town) == [(800, 0, "succeeded", True)]
    assert await town.value("select refunded_cents from accounting.payments") == 800, "the books do not change"
    assert [line["status"] for line in logged if line["event"] == "payment.refund_failed"] == ["booked"]
    sent = mails(town)
    assert len(sent) == 2
    assert all(any(f"To: {admin.email}" in mail for mail in sent) for admin in admins)
    assert await town.value("select stripe_payment_intent from accounting.payments") in sent[0]

    # The other events about it change nothing more.
    await town.stripe.webhooks("release")
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    assert await town.value("select count(*) from accounting.corrections") == 1
    assert len(mails(town)) == 2


@pytest.mark.parametrize("told", [True, False], ids=["by an event", "by the list"])
async def test_a_refund_by_hand_after_booking_is_in_the_books(paid_town: Town, told: bool) -> None:
    town = paid_town
    marc, lot = await town.a_customer(), await town.a_lot(left=3, price_cents=400, opens_in=timedelta(hours=-1))
    paid = await marc.buys(lot, 2)
    await lot.shop.merchant.hands_over(await marc.pass_for(paid))
    await erased(town, marc)
    await town.an_admin()
    await town.stripe.webhooks("release" if told else "hold")
    intent = await town.value("select stripe_payment_intent from accounting.payments")

    for cents, status in ((300, "succeeded"), (500, "refunded")):
        made = await town.stripe.refund_in_dashboard(intent, cents)
        if told:
            await town.stripe.webhooks_quiet()
        else:
            async with working(settings()) as (work, _):
                assert await payments.look_for_refunds(work) == 1
                assert await payments.look_for_refunds(work) == 0
        await town.worker_runs()
        ((_, refunded, shown, _),) = await seen_by_the_accountant(town)
        assert (refunded, shown) == ((await town.money(paid))[1], status)
    assert await seen_by_the_accountant(town) == [(800, 800, "refunded", True)]
    assert mails(town) == []

    # One of two refunds fails: the other stands.
    await town.stripe.webhooks("release")
    await town.stripe.fail_refund(made["id"])
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    assert await seen_by_the_accountant(town) == [(800, 300, "succeeded", True)]
    assert len(mails(town)) == 1
    assert await town.value("select array_agg(refunded_cents order by id) from accounting.corrections") == [
        300, 800, 300
    ]  # fmt: skip


async def test_an_older_state_of_stripe_that_is_committed_last_does_not_stay(
    paid_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = paid_town
    await refunded_and_booked(town)
    intent = await town.value("select stripe_payment_intent from accounting.payments")
    await town.stripe.webhooks("hold")
    await failing_refund(town)
    async with working(settings()) as (work, _):
        current = await work.stripe.retrieve_payment_intent(intent)
        assert current.refunded_cents == 0
        await payments.look_at_intent(work, intent)

        async def late(*_: object) -> Intent:
            return Intent(intent, "", "succeeded", 800, 800, refunded_cents=800)

        with monkeypatch.context() as patch:
            patch.setattr(Stripe, "retrieve_payment_intent", late)
            patch.setattr(Stripe, "latest_refund", lambda *_: _nothing())
            await payments.look_at_intent(work, intent)
    assert await seen_by_the_accountant(town) == [(800, 800, "refunded", True)]

    await town.worker_runs()

    assert await seen_by_the_accountant(town) == [(800, 0, "succeeded", True)]


async def _nothing() -> None:
    return None


async def test_a_payment_that_is_booked_while_it_is_looked_at_is_corrected(
    paid_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The payment is read before it moves to the books, and settled after."""
    town = paid_town
    marc = await town.a_customer()
    paid = await marc.buys(await town.a_lot(left=3, price_cents=400), 2)
    await marc.cancels(paid)
    await town.worker_runs()
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    await town.stripe.webhooks("hold")
    await town.stripe.fail_refund(await town.value("select stripe_refund from app.payments"))
    intent = await town.value("select stripe_payment_intent from app.payments")
    settle = settling.settle

    async def meanwhile_booked(*arguments: Any) -> str | None:
        assert await town.value("select app.book_payments(array(select id from app.payments))") == 1
        return await settle(*arguments)

    monkeypatch.setattr(payments, "settle", meanwhile_booked)
    async with working(settings()) as (work, _):
        await payments.look_at_intent(work, intent)

    assert await seen_by_the_accountant(town) == [(800, 0, "succeeded", True)]


async def test_settling_waits_for_a_booking_under_way_and_finds_no_payment(paid_town: Town) -> None:
    town = paid_town
    marc = await town.a_customer()
    paid = await marc.buys(await town.a_lot(left=3, price_cents=400), 2)
    await marc.cancels(paid)
    await town.worker_runs()
    jobs = await town.value("select count(*) from jobs.procrastinate_jobs")
    row = (await town.rows("select id, stripe_payment_intent from app.payments"))[0]

    async with town.copy.connection() as booking, town.copy.connection() as settling:
        moving = booking.transaction()
        await moving.start()
        assert await booking.fetchval("select app.book_payments(array[$1::uuid])", row["id"]) == 1
        await settling.execute("set lock_timeout = '200ms'")
        settled = "select app.settle_payment($1, $2, 'succeeded', 800)"
        with pytest.raises(asyncpg.LockNotAvailableError):
            await settling.fetchval(settled, row["id"], row["stripe_payment_intent"])
        await settling.execute("set lock_timeout = 0")
        waiting = settling.fetchval(settled, row["id"], row["stripe_payment_intent"])
        result = await _after(town, waiting, moving.commit)

    assert result is None
    assert await town.value("select count(*) from jobs.procrastinate_jobs") == jobs


async def _after(town: Town, waiting: Any, release: Any) -> Any:
    """Start a statement, wait until Postgres says that it waits for a lock, release that, and return its result."""
    started = asyncio.ensure_future(waiting)
    async with asyncio.timeout(10):
        while not await town.value(
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        ):
            await asyncio.sleep(0.01)
    await release()
    return await started


async def test_corrections_are_kept_ten_years_and_their_payments_as_long(paid_town: Town) -> None:
    town = paid_town
    await refunded_and_booked(town)
    await failing_refund(town)
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    for statement in ("update accounting.corrections set refunded_cents = 1", "truncate accounting.corrections",
                      "delete from accounting.corrections"):  # fmt: skip
        with pytest.raises(asyncpg.PostgresError, match=r"record\.append_only"):
            await town.changes(statement)

    # Payments end ten years after their year; this one was corrected in a later year.
    await town.changes("set session_replication_role = replica")
    await town.changes("update accounting.payments set paid_at = paid_at - interval '12 years'")
    await town.changes("set session_replication_role = origin")
    await town.value("select app.prune(100)")
    assert len(await seen_by_the_accountant(town)) == 1

    await town.clock(await town.now() + timedelta(days=12 * 365))
    while await town.value("select app.prune(100)"):
        pass
    assert await seen_by_the_accountant(town) == []
    assert await town.value("select count(*) from accounting.corrections") == 0
