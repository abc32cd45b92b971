"""Paying a hold on Stripe's page: one thing at Stripe that can be paid, and the page ends with the hold."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import stripe

from tests.races.test_counter import rewrite_function
from tests.town import Customer, Reservation, Town, refused


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.05)


async def _page(marc: Customer, reservation: Reservation) -> str:
    answer: dict[str, Any] = await marc.posts(f"/reservations/{reservation.id}/checkout")
    return str(answer["url"])


async def _works(town: Town) -> None:
    await town.stripe.webhooks_quiet()
    await town.worker_runs()


async def _payable(town: Town) -> list[str]:
    """Return the statuses of this town's intents that somebody paid or could still pay."""
    ours = {str(row["id"]) for row in await town.rows("select id from app.payments")}
    made = [p for p in (await town.stripe.ledger())["payments"] if p["metadata"].get("payment_id") in ours]
    return [p["status"] for p in made if p["status"] != "canceled"]


async def test_a_hold_is_paid_on_stripes_page(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(left=3)
    reservation = await marc.reserves(lot, 2)

    page = await _page(marc, reservation)

    assert await _page(marc, reservation) == page
    assert await _payable(town) == []
    assert "error" in await town.stripe.pay(reservation.client_secret)  # the first way is closed
    assert await town.stripe.pay_on_page(page, "pm_card_chargeDeclined") == 402
    assert await town.stripe.pay_on_page(page) == 303
    await _works(town)
    assert (await marc.reservation(reservation)).status == "confirmed"
    assert await town.money(reservation) == (800, 0)
    assert (await refused(_page(marc, reservation))).code == "payment.not_due"
    await marc.cancels(reservation)
    await _works(town)
    assert await town.money(reservation) == (800, 800)


async def test_the_page_ends_with_the_hold(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(left=3)
    reservation = await marc.reserves(lot)
    page = await _page(marc, reservation)

    await town.clock(await town.now() + timedelta(minutes=11))
    await _works(town)

    assert await town.status_of(reservation) == "expired"
    assert await town.stripe.pay_on_page(page) == 410
    assert await town.value("select status || ' ' || checkout from app.payments") == "cancelled closed"
    assert (await refused(_page(marc, reservation))).code == "payment.not_due"
    assert await town.left(lot) == 3


async def test_paying_on_the_page_after_the_hold_is_refunded(town: Town) -> None:
    marc, lea, lot = await town.a_customer(), await town.a_customer("Léa"), await town.a_lot(left=1)
    reservation = await marc.reserves(lot)
    page = await _page(marc, reservation)
    await marc.cancels(reservation)  # the page is not expired before the worker runs
    await lea.reserves(lot)

    assert await town.stripe.pay_on_page(page) == 303
    await _works(town)

    assert await town.money(reservation) == (400, 400)
    assert await town.status_of(reservation) == "cancelled"


@pytest.mark.parametrize("careful", [True, False], ids=["the act", "control"])
async def test_a_page_paid_in_time_keeps_its_portion_while_the_worker_is_stopped(town: Town, careful: bool) -> None:
    if not careful:
        await rewrite_function(town, "store_stripe_event", "p.id = paid and", "false and")
    marc, lea, lot = await town.a_customer(), await town.a_customer("Léa"), await town.a_lot(left=1)
    reservation = await marc.reserves(lot)
    page = await _page(marc, reservation)
    entry = await lea.waits(lot)
    assert await town.stripe.pay_on_page(page) == 303
    await town.stripe.webhooks_quiet()

    await town.clock(await town.now() + timedelta(minutes=11))
    await _works(town)

    assert await town.status_of(reservation) == ("confirmed" if careful else "expired")
    assert await town.money(reservation) == (400, 0 if careful else 400)
    status = await town.value("select status from app.waiting where id = $1::text::uuid", entry["id"])
    assert status == ("waiting" if careful else "offered")


async def test_a_payment_by_the_first_way_beats_the_page(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(left=3)
    reservation = await marc.reserves(lot)
    await town.stripe.webhooks("hold")
    await town.stripe.pay(reservation.client_secret)

    assert (await refused(_page(marc, reservation))).code == "payment.under_way"

    await town.stripe.webhooks("release")
    await _works(town)
    assert await town.status_of(reservation) == "confirmed"
    assert await town.money(reservation) == (400, 0)


async def test_concurrent_requests_and_payments_charge_once(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(left=9)
    for _ in range(3):
        reservation = await marc.reserves(lot)
        path = f"/reservations/{reservation.id}/checkout"
        answers, paid = await asyncio.gather(
            asyncio.gather(*(marc.asks("POST", path) for _ in range(4))),
            town.stripe.pay(reservation.client_secret),
        )
        pages = {answer.json()["url"] for answer in answers if answer.status_code == 201}
        assert len(pages) <= 1
        for page in pages:
            await town.stripe.pay_on_page(page)
        await _works(town)
        assert await town.money(reservation) == (400, 0), (paid, [answer.text for answer in answers])
        assert await town.status_of(reservation) == "confirmed"


@pytest.mark.parametrize("lost", ["checkout_sessions.create", "payment_intents.cancel"])
async def test_a_lost_answer_of_stripe_leaves_no_page_open(town: Town, lost: str) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(left=3)
    reservation = await marc.reserves(lot)
    await town.stripe.fault(lost, "drop_reply", times=3)
    assert (await refused(_page(marc, reservation))).code == "payment.unavailable"
    await town.stripe.no_faults()
    assert await town.status_of(reservation) == "held"

    await town.clock(await town.now() + timedelta(minutes=11))
    await _works(town)

    assert await town.value("select status || ' ' || checkout from app.payments") == "cancelled closed"
    assert await _payable(town) == []


async def test_a_lost_answer_is_asked_for_again(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(left=3)
    reservation = await marc.reserves(lot)
    await town.stripe.fault("checkout_sessions.create", "drop_reply", times=3)
    await refused(_page(marc, reservation))
    await town.stripe.no_faults()
    await _works(town)  # the cancelled intent of the first way does not end the hold

    assert await town.stripe.pay_on_page(await _page(marc, reservation)) == 303
    await _works(town)
    assert await town.status_of(reservation) == "confirmed"
    assert await town.money(reservation) == (400, 0)


async def test_control_a_cancelled_intent_would_end_the_hold(town: Town) -> None:
    await rewrite_function(town, "settle_payment", "p.checkout in ('wanted', 'open')", "false")
    marc, lot = await town.a_customer(), await town.a_lot(left=3)
    reservation = await marc.reserves(lot)
    await _page(marc, reservation)
    await _works(town)
    assert await town.status_of(reservation) == "expired"


async def test_only_the_holder_of_an_unpaid_hold_gets_a_page(town: Town) -> None:
    marc, lea, lot = await town.a_customer(), await town.a_customer("Léa"), await town.a_lot(left=3)
    amina, free = await town.a_beneficiary(), await town.a_free_lot(left=2)
    held, given = await marc.reserves(lot), await amina.reserves(free)
    assert (await refused(_page(lea, held))).code == "reservation.not_found"
    without = await refused(lea.posts("/reservations/01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4/checkout"))
    assert without.code == "reservation.not_found"
    refusal = await refused(amina.posts(f"/reservations/{given.id}/checkout"))
    assert refusal.code == "payment.not_due"
    assert await town.value("select count(*) from app.payments where checkout is not null") == 0
