"""Payments while Stripe or the network fail: exactly one charge a reservation, none without one."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from backend.settings import settings
from backend.stripe.client import PaymentRefused, Stripe, stripe_of
from tests.town import Customer, Lot, Reservation, Town
from tests.town.answers import refusal_in
from tests.town.databases import API

pytestmark = pytest.mark.usefixtures("short_pauses")
OPEN = "('intended', 'pending', 'cancel_due', 'refund_due')"


async def settled(town: Town) -> None:
    """Run the worker; then assert that no payment is open and the stock is exact."""
    await town.worker_runs()
    assert await town.rows(f"select status from app.payments where status in {OPEN}") == []  # noqa: S608 - our words
    assert await town.stock_is_exact()


async def minutes_pass(town: Town, minutes: float) -> None:
    await town.clock(await town.now() + timedelta(minutes=minutes))


async def intents(town: Town) -> list[dict[str, Any]]:
    """Return this town's payments in the stand-in's ledger, which holds those of the whole test run."""
    ours = {str(row["id"]) for row in await town.rows("select id from app.payments")}
    return [p for p in (await town.stripe.ledger())["payments"] if p["metadata"].get("payment_id") in ours]


# --- Stripe does not answer


@pytest.mark.parametrize(
    ("mode", "times"), [("drop_before", 3), ("drop_reply", 3), ("error_500_kept", 1), ("rate_limit", 9)]
)
async def test_reserving_again_with_the_same_key_succeeds_after_a_stripe_fault(
    shop_town: Town, mode: str, times: int
) -> None:
    town = shop_town
    lot, marc = await town.a_lot(left=3), await town.a_customer()
    await town.stripe.fault("payment_intents.create", mode, times=times)

    refusal = await marc.tries_to_reserve(lot, 2, key="the same")

    assert (refusal.status, refusal.code) == (503, "payment.unavailable")
    assert int(refusal.headers["Retry-After"]) > 0
    await town.stripe.no_faults()
    if mode == "error_500_kept":  # Stripe repeats that 500 for this key for a day
        await town.stripe.forget_idempotency_keys()
    reservation = await marc.reserves(lot, 2, key="the same")
    assert (reservation.status, await town.left(lot)) == ("held", 1)
    assert await town.value("select count(*) from app.payments") == 1
    if mode != "error_500_kept":
        assert len(await intents(town)) == 1
    assert (await marc.pays(reservation)).status == "confirmed"
    assert await town.money(reservation) == (800, 0)


async def the_two_other_requests(town: Town) -> list[tuple[Customer, str, dict[str, Any] | None, Lot]]:
    """Return a request that suspends a portion and one that takes a kept portion, each with who sends it."""
    donor, suspended = await town.a_customer("Jeanne"), await town.a_lot(left=3)
    lea, sold_out = await town.a_customer("Léa"), await town.a_lot(left=1)
    held = await donor.reserves(sold_out)
    entry = await lea.waits(sold_out)
    await donor.cancels(held)
    return [
        (donor, "/suspended-lots", {"lot_id": str(suspended.id), "quantity": 1}, suspended),
        (lea, f"/waiting/{entry['id']}/take", None, sold_out),
    ]


@pytest.mark.parametrize("which", [0, 1], ids=["suspending", "taking an offer"])
async def test_suspending_or_taking_again_resumes_after_a_stripe_fault(shop_town: Town, which: int) -> None:
    town = shop_town
    person, path, body, lot = (await the_two_other_requests(town))[which]
    before = await town.value("select count(*) from app.payments")
    await town.stripe.fault("payment_intents.create", "drop_reply", times=3)

    refusal = refusal_in(await person.asks("POST", path, body, key="the same"))

    assert (refusal.status, refusal.code) == (503, "payment.unavailable")
    await town.stripe.no_faults()
    left = await town.left(lot)
    answers = [await person.asks("POST", path, body, key="the same") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert await town.left(lot) == left, "the hold of the first try went on"
    assert await town.value("select count(*) from app.payments") == before + 1
    assert (await town.stripe.pay(answers[0].json()["payment"]["client_secret"]))["status"] == "succeeded"


@pytest.mark.parametrize("which", [0, 1], ids=["suspending", "taking an offer"])
async def test_a_suspension_or_offer_whose_hold_expired_is_not_resumed(shop_town: Town, which: int) -> None:
    town = shop_town
    person, path, body, _ = (await the_two_other_requests(town))[which]
    await town.stripe.fault("payment_intents.create", "drop_before", times=3)
    await person.asks("POST", path, body, key="too late")
    await town.stripe.no_faults()
    await minutes_pass(town, 11)

    assert refusal_in(await person.asks("POST", path, body, key="too late")).code == "reservation.over"
    await settled(town)


@pytest.mark.parametrize("which", [0, 1], ids=["suspending", "taking an offer"])
async def test_one_key_sent_twenty_times_suspends_or_takes_once(shop_town: Town, which: int) -> None:
    town = shop_town
    person, path, body, lot = (await the_two_other_requests(town))[which]
    before, left = await town.value("select count(*) from app.payments"), await town.left(lot)
    await town.stripe.fault("payment_intents.create", "slow", seconds=0.3)

    answers = await asyncio.gather(*(person.asks("POST", path, body, key="once") for _ in range(20)))

    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert await town.value("select count(*) from app.payments") == before + 1
    assert await town.left(lot) == left - (which == 0)
    kept = await town.value("select body from app.idempotency_keys where key = 'once'")
    assert answers[0].json()["payment"]["client_secret"] not in kept


async def test_a_hold_that_expired_before_stripe_answered_is_not_resumed(shop_town: Town) -> None:
    """Days later Stripe has forgotten the key: resuming would create a payment that nothing ever cancels."""
    town = shop_town
    lot, marc = await town.a_lot(left=1), await town.a_customer()
    await town.stripe.fault("payment_intents.create", "drop_before", times=3)
    await marc.tries_to_reserve(lot, key="too late")
    await town.stripe.no_faults()
    await minutes_pass(town, 11)

    assert (await marc.tries_to_reserve(lot, key="too late")).code == "reservation.over"
    await settled(town)
    await town.stripe.forget_idempotency_keys()
    assert (await marc.tries_to_reserve(lot, key="too late")).code == "reservation.over"

    assert {p["status"] for p in await intents(town)} == {"canceled"}
    assert (await marc.reserves(lot, key="another")).status == "held"


async def test_a_payment_created_behind_a_kept_500_is_found_and_cancelled(shop_town: Town) -> None:
    town = shop_town
    lot, marc = await town.a_lot(left=1), await town.a_customer()
    await town.stripe.fault("payment_intents.create", "error_500_kept")
    assert (await marc.tries_to_reserve(lot)).code == "payment.unavailable"
    await minutes_pass(town, 11)
    await settled(town)
    assert [p["status"] for p in await intents(town)] == ["canceled"]


async def test_a_payment_never_created_is_closed_once_a_search_would_find_it(shop_town: Town) -> None:
    town = shop_town
    lot, marc = await town.a_lot(left=1), await town.a_customer()
    await town.stripe.fault("payment_intents.create", "error_500", times=1000)
    assert (await marc.tries_to_reserve(lot)).code == "payment.unavailable"
    await minutes_pass(town, 11)
    await town.worker_runs()
    assert await town.value("select status from app.payments") == "cancel_due", "Stripe's search may not show it yet"
    await town.changes("update app.payments set created_at = created_at - interval '6 minutes'")
    await minutes_pass(town, 1)
    await settled(town)
    assert await intents(town) == []

    # If Stripe creates it after all, for an API process that still waited, it is cancelled too.
    await town.stripe.no_faults()
    payment = await town.value("select p from app.payments p")
    client = stripe_of(settings())
    made = await client.create_payment_intent(payment["id"], payment["reservation_id"], payment["amount_cents"])
    await client.aclose()
    async with town.copy.connection(API) as api:
        await api.fetchval("select app.payment_opened($1, $2, $3, 'gone', '{}')", payment["id"], made.id, marc.id)
    await minutes_pass(town, 1)
    await settled(town)
    assert [p["status"] for p in await intents(town)] == ["canceled"]


async def test_a_payment_that_stripe_refuses_is_closed_after_its_hold(
    shop_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = shop_town
    lot, marc = await town.a_lot(left=1), await town.a_customer()

    async def refused(*_: object) -> None:
        raise PaymentRefused("create a payment intent", 400, "amount_too_small", None)

    monkeypatch.setattr(Stripe, "create_payment_intent", refused)
    assert (await marc.tries_to_reserve(lot)).code == "payment.unavailable"
    await minutes_pass(town, 11)
    await town.worker_runs()
    assert await town.value("select status from app.payments") == "cancel_due"
    await town.changes("update app.payments set created_at = created_at - interval '6 minutes'")
    await minutes_pass(town, 1)

    await settled(town)

    assert await town.value("select status from app.payments") == "cancelled"


# --- idempotency keys


async def test_one_key_sent_fifty_times_at_once_makes_one_reservation(shop_town: Town) -> None:
    town = shop_town
    lot, marc = await town.a_lot(left=60), await town.a_customer()
    await town.stripe.fault("payment_intents.create", "slow", seconds=0.3)

    answers = await asyncio.gather(*(marc.sends_reservation(lot, 2, key="once") for _ in range(50)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await town.left(lot) == 58
    assert len(await intents(town)) == 1


async def test_control_fifty_keys_make_fifty_reservations(shop_town: Town) -> None:
    town = shop_town
    lot, marc = await town.a_lot(left=60), await town.a_customer()
    answers = await asyncio.gather(*(marc.sends_reservation(lot, key=f"key {n}") for n in range(50)))
    assert len({answer.json()["id"] for answer in answers}) == 50
    assert await town.left(lot) == 10
    assert len(await intents(town)) == 50


async def test_a_repeated_key_waits_for_the_first_request_then_takes_over(shop_town: Town) -> None:
    """The state that a killed API process leaves: a hold, no answer, and a key still marked as in progress."""
    town = shop_town
    lot, marc = await town.a_lot(left=3), await town.a_customer()
    await town.stripe.fault("payment_intents.create", "drop_reply", times=3)
    await marc.tries_to_reserve(lot, key="taken over")
    await town.stripe.no_faults()
    await town.changes("update app.idempotency_keys set busy_until = now() + interval '30 seconds'")

    again = asyncio.ensure_future(marc.reserves(lot, key="taken over"))
    done, _ = await asyncio.wait([again], timeout=0.3)
    assert not done, "the first request may still be running"
    await town.changes("update app.idempotency_keys set busy_until = now()")

    reservation = await again
    assert reservation.status == "held"
    assert (await town.left(lot), len(await intents(town))) == (2, 1)


async def test_a_request_overtaken_by_a_retry_returns_the_recorded_answer(shop_town: Town) -> None:
    town = shop_town
    lot, marc = await town.a_lot(left=3), await town.a_customer()
    await town.stripe.webhooks("hold")
    first = await marc.sends_reservation(lot, key="slow")
    await town.stripe.pay(first.json()["payment"]["client_secret"])
    await town.stripe.webhooks("release")
    await town.stripe.webhooks_quiet()
    await town.worker_runs()

    kept = await town.value("select body from app.idempotency_keys where key = 'slow'")
    async with town.copy.connection(API) as api:
        late = await api.fetchval(
            "select app.payment_opened($1, $2, $3, 'slow', 'sealed anew')",
            await town.value("select id from app.payments"),
            first.json()["payment"]["payment_intent"],
            marc.id,
        )

    assert first.json()["status"] == "held"
    assert late == kept == await town.value("select body from app.idempotency_keys where key = 'slow'")
    assert (await marc.sends_reservation(lot, key="slow")).content == first.content
    assert await town.value("select status from app.payments") == "succeeded"


# --- payments that are late or wrong


async def test_a_payment_made_after_the_hold_expired_is_refunded(shop_town: Town) -> None:
    town = shop_town
    lot, marc, nora = await town.a_lot(left=1), await town.a_customer(), await town.a_customer("Nora")
    late = await marc.reserves(lot)
    await minutes_pass(town, 11)
    async with town.copy.connection("ecopanier_worker") as worker:
        await worker.fetchval("select app.lapse_holds(10)")
    taken = await nora.reserves(lot)
    await town.stripe.clock(ahead_seconds=11 * 60)
    # The payment intent is not cancelled at Stripe yet.
    assert (await town.stripe.pay(late.client_secret))["status"] == "succeeded"

    await town.stripe.webhooks_quiet()
    await settled_but_for(town, taken)

    assert (await town.status_of(late), await town.money(late)) == ("expired", (400, 400))
    assert (await nora.pays(taken)).status == "confirmed"


async def settled_but_for(town: Town, held: Reservation) -> None:
    await town.worker_runs()
    still = await town.rows(f"select reservation_id from app.payments where status in {OPEN}")  # noqa: S608 - our words
    assert [row["reservation_id"] for row in still] == [held.id]


async def test_a_payment_reported_after_the_pickup_window_is_refunded(shop_town: Town) -> None:
    """Without a confirmation there was no pass, so the customer cannot have collected anything."""
    town = shop_town
    lot = await town.a_lot(left=1, opens_in=timedelta(minutes=-30), lasts=timedelta(hours=1))
    marc = await town.a_customer()
    await town.stripe.webhooks("hold")
    reservation = await marc.reserves(lot)
    await town.stripe.pay(reservation.client_secret)
    await minutes_pass(town, 45)
    async with town.copy.connection("ecopanier_worker") as worker:
        await worker.fetchval(
            "select app.settle_payment(id, stripe_payment_intent, 'succeeded', amount_cents) from app.payments"
        )
    await settled(town)
    assert (await town.status_of(reservation), await town.money(reservation)) == ("expired", (400, 400))


@pytest.mark.parametrize("expected_cents", [399, 401])
async def test_a_payment_of_another_amount_than_the_price_is_refunded(shop_town: Town, expected_cents: int) -> None:
    town = shop_town
    lot, marc = await town.a_lot(left=1, price_cents=400), await town.a_customer()
    reservation = await marc.reserves(lot)
    await town.changes("update app.payments set amount_cents = $1", expected_cents)
    await marc.pays(reservation)
    await settled(town)
    assert (await town.status_of(reservation), await town.money(reservation)) == ("expired", (400, 400))
    assert await town.left(lot) == 1


async def test_a_declined_card_keeps_the_hold_and_another_card_can_pay(shop_town: Town) -> None:
    town = shop_town
    lot, marc = await town.a_lot(left=1), await town.a_customer()
    reservation = await marc.reserves(lot)
    assert (await marc.pays(reservation, card="pm_card_chargeDeclined")).status == "held"
    assert (await marc.pays(reservation)).status == "confirmed"
    assert await town.money(reservation) == (400, 0)


@pytest.mark.parametrize("ends", ["lapses", "is cancelled", "is withdrawn"])
async def test_a_payment_still_processing_when_its_hold_ends_is_refunded(shop_town: Town, ends: str) -> None:
    town = shop_town
    lot, marc = await town.a_lot(left=1), await town.a_customer()
    reservation = await marc.reserves(lot)
    await town.stripe.fault("payment_intents.confirm", "processing", seconds=0.2)
    assert (await town.stripe.pay(reservation.client_secret))["status"] == "processing"
    if ends == "lapses":
        await minutes_pass(town, 11)
        await town.stripe.clock(ahead_seconds=11 * 60)
    elif ends == "is cancelled":
        await marc.cancels(reservation)
    else:
        await lot.shop.merchant.withdraws(lot)
    async with asyncio.timeout(20):
        while await town.rows(f"select from app.payments where status in {OPEN}"):
            await town.worker_runs()
            await minutes_pass(town, 1)
    charged, returned = await town.money(reservation)
    assert charged == returned
    assert await town.stock_is_exact()


# --- webhooks
