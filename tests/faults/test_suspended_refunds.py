"""Refunds of gifts while Stripe fails, or that fail later: the uncollected part is refunded exactly once."""

import asyncio
from datetime import timedelta

import pytest
import stripe

from scripts.proofs.audit import DATABASE
from tests.town import Beneficiary, Customer, Lot, Reservation, Town


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.05)


@pytest.mark.parametrize(("mode", "times"), [("drop_reply", 3), ("error_500_kept", 1), ("drop_before", 3)])
async def test_a_lost_refund_is_made_once_and_for_the_same_amount(town: Town, mode: str, times: int) -> None:
    marc, amina = await town.a_customer(), await town.a_beneficiary()
    lot = await town.a_lot(left=3)
    gift = await marc.gives(lot, 3)
    taken = await amina.reserves(await town.suspended_lot_of(lot))
    await town.opens(lot)
    await lot.shop.merchant.hands_over(await amina.pass_for(taken))
    await town.clock(lot.pickup_end)
    await town.stripe.fault("refunds.create", mode, times=times)

    await town.worker_runs()
    assert await town.value("select status from app.payments") == "refund_due", "the fault did not strike"
    assert (await marc.gift(gift))["refunded_cents"] == 800  # on its way
    await town.stripe.no_faults()
    if mode == "drop_reply":
        await town.stripe.forget_idempotency_keys()
    for _ in range(2):
        await town.changes("update app.payments set looked_at = looked_at - interval '1 hour'")
        await town.worker_runs()

    assert await town.money(gift) == (1200, 800)
    assert [row[0] for row in await town.rows(DATABASE)] == []


async def a_gift(town: Town, portions: int) -> tuple[Customer, Lot, Reservation, Beneficiary, Reservation]:
    """Return a donor, the lot, their gift at 4.00 € a portion, a beneficiary, and the portion that she reserved."""
    marc, amina = await town.a_customer(), await town.a_beneficiary()
    lot = await town.a_lot(left=3, price_cents=400)
    gift = await marc.gives(lot, portions)
    return marc, lot, gift, amina, await amina.reserves(await town.suspended_lot_of(lot))


async def collected(town: Town, lot: Lot, amina: Beneficiary, taken: Reservation) -> None:
    await town.opens(lot)
    await lot.shop.merchant.hands_over(await amina.pass_for(taken))


async def settled(town: Town, lot: Lot) -> None:
    await town.clock(lot.pickup_end + timedelta(minutes=1))
    await town.worker_runs()
    await town.stripe.webhooks_quiet()
    await town.worker_runs()


async def refunded_by_hand(town: Town, gift: Reservation, cents: int | None = None) -> str:
    """Refund in Stripe's dashboard, let its events be handled, and return the refund's id."""
    intent = await town.value("select stripe_payment_intent from app.payments where reservation_id = $1", gift.id)
    made = await town.stripe.refund_in_dashboard(intent, cents)
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    return str(made["id"])


async def fails(town: Town, refund: str) -> None:
    await town.stripe.fail_refund(refund)
    await town.stripe.webhooks_quiet()
    await town.worker_runs()


async def payment(town: Town, gift: Reservation) -> tuple[str, int]:
    (row,) = await town.rows("select status, refunded_cents from app.payments where reservation_id = $1", gift.id)
    return row["status"], row["refunded_cents"]


async def consistent(town: Town) -> bool:
    return await town.stock_is_exact() and await town.rows(DATABASE) == []


async def test_a_failed_refund_of_a_gift_is_due_until_a_person_refunds(town: Town) -> None:
    _, lot, gift, amina, taken = await a_gift(town, 3)
    await collected(town, lot, amina, taken)
    await settled(town, lot)
    assert await payment(town, gift) == ("refunded", 800)

    await fails(town, await town.value("select stripe_refund from app.payments"))

    assert await payment(town, gift) == ("refund_due", 0)
    assert await town.value("select refund_cents from app.payments") == 800, "only what was not collected"
    for _ in range(30):
        await town.clock(await town.now() + timedelta(hours=3))
        await town.worker_runs()
    assert await town.value("select refusals from app.payments") == 10
    assert await town.money(gift) == (1200, 0)
    await refunded_by_hand(town, gift, 800)
    await town.clock(await town.now() + timedelta(minutes=1))
    await town.worker_runs()
    assert (await payment(town, gift), await town.money(gift)) == (("refunded", 800), (1200, 800))
    assert await consistent(town)


async def test_the_refund_of_a_wholly_unclaimed_gift_that_fails_is_due_again(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(left=3, price_cents=400)
    gift = await marc.gives(lot, 2)
    await settled(town, lot)
    assert await payment(town, gift) == ("refunded", 800)

    await fails(town, await town.value("select stripe_refund from app.payments"))

    assert await payment(town, gift) == ("refund_due", 0)
    assert (await marc.gift(gift))["refunded_cents"] == 800  # on its way


async def test_a_failed_refund_of_a_gift_never_offered_is_due_again(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(left=3, price_cents=400)
    held = await marc.suspends(lot, 2)
    await town.stripe.webhooks("hold")
    await town.stripe.pay(held.client_secret)
    answer = await lot.shop.merchant.asks("POST", f"/lots/{lot.id}/withdraw", {"reason": "The oven is broken"})
    assert answer.status_code == 200
    await town.stripe.webhooks("release")
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    assert await payment(town, held) == ("refunded", 800)

    await fails(town, await town.value("select stripe_refund from app.payments"))

    assert await payment(town, held) == ("refund_due", 0)


@pytest.mark.parametrize("comes", [True, False], ids=["collected", "not collected"])
async def test_a_failed_manual_refund_leaves_a_running_gift_paid_until_settled(town: Town, comes: bool) -> None:
    """What is owed is known once the gift is settled: then what nobody reserved is refunded, and no more."""
    marc, lot, gift, amina, taken = await a_gift(town, 3)
    refund = await refunded_by_hand(town, gift)
    assert (await payment(town, gift), await town.left(lot)) == (("refunded", 1200), 2)

    await fails(town, refund)

    assert (await payment(town, gift), await town.money(gift)) == (("succeeded", 0), (1200, 0))
    assert (await marc.gift(gift))["refunded_cents"] == 0
    assert await consistent(town)
    # Were the donor erased now, the payment would stay until it is settled.
    assert await town.value("select app.book_payments(array(select id from app.payments))") == 0
    if comes:
        await collected(town, lot, amina, taken)
    await settled(town, lot)
    assert (await payment(town, gift), await town.money(gift)) == (("refunded", 800), (1200, 800))
    assert await consistent(town)


async def test_a_failed_manual_refund_of_a_gift_back_on_sale_is_made_by_us(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(left=3, price_cents=400)
    gift = await marc.gives(lot, 2)
    refund = await refunded_by_hand(town, gift)
    assert await town.left(lot) == 3

    await fails(town, refund)

    assert (await payment(town, gift), await town.money(gift)) == (("refunded", 800), (800, 800))
    assert (await marc.gift(gift))["status"] == "refunded"
    assert await consistent(town)


async def test_a_failed_manual_refund_of_a_collected_gift_leaves_it_paid(town: Town) -> None:
    marc, lot, gift, amina, taken = await a_gift(town, 1)
    await collected(town, lot, amina, taken)
    await settled(town, lot)
    refund = await refunded_by_hand(town, gift)
    assert await payment(town, gift) == ("refunded", 400)

    await fails(town, refund)

    assert (await payment(town, gift), await town.money(gift)) == (("succeeded", 0), (400, 0))
    assert (await marc.gift(gift))["status"] == "collected"
    assert await consistent(town)


async def test_the_owed_refund_of_a_gift_stands_when_another_refund_fails(town: Town) -> None:
    _, lot, gift, amina, taken = await a_gift(town, 2)
    await collected(town, lot, amina, taken)
    await settled(town, lot)
    assert await payment(town, gift) == ("refunded", 400)
    refund = await refunded_by_hand(town, gift)
    assert await payment(town, gift) == ("refunded", 800)

    await fails(town, refund)

    assert (await payment(town, gift), await town.money(gift)) == (("refunded", 400), (800, 400))
    assert await consistent(town)


async def test_a_gift_settled_while_its_refund_fails_is_still_refunded(town: Town) -> None:
    """Settling reads a refunded payment; the failure waits for it and then knows what is owed."""
    _, lot, gift, _, taken = await a_gift(town, 3)
    await refunded_by_hand(town, gift)
    row = (await town.rows("select id, stripe_payment_intent from app.payments"))[0]
    await town.changes("update app.reservations set status = 'no_show', ended_at = now() where id = $1", taken.id)
    beside = await town.value("select id from app.lots where suspended_from = $1", lot.id)

    async with town.copy.connection() as closing, town.copy.connection() as failing:
        going = closing.transaction()
        await going.start()
        await closing.execute("select app.close_suspended($1, false)", beside)  # as for a portion in another lot
        settle = "select app.settle_payment($1, $2, 'succeeded', 1200, null, 0, null)"
        waiting = asyncio.ensure_future(failing.fetchval(settle, row["id"], row["stripe_payment_intent"]))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        await going.commit()
        assert await waiting == "refund_due"


async def test_a_gift_after_an_edit_is_offered_as_the_lot_is_now(town: Town) -> None:
    """While nobody has reserved the lot, its merchant may change everything, and the free lot beside it is empty."""
    lot, marc, jeanne = (
        await town.a_lot(left=3, price_cents=400),
        await town.a_customer(),
        await town.a_customer("Jeanne"),
    )
    gift = await marc.gives(lot, 2)
    intent = await town.value("select stripe_payment_intent from app.payments where reservation_id = $1", gift.id)
    await town.stripe.refund_in_dashboard(intent)
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    changed = {
        "title": "Quiche du soir",
        "category": "prepared_meals",
        "price_cents": 300,
        "original_price_cents": 900,
        "allergens": ["eggs", "nuts"],
        "weight_grams": 350,
        "cold_chain": True,
        "date_kind": "use_by",
        "food_date": (lot.pickup_end + timedelta(days=1)).date().isoformat(),
        "pickup_end": (lot.pickup_end + timedelta(hours=1)).isoformat(),
        "gtin": "3017620422003",
        "batch": "L 7",
    }
    assert (await lot.shop.merchant.asks("PATCH", f"/lots/{lot.id}", changed)).status_code == 200
    await town.clock(lot.pickup_end)  # the worker ends the empty free lot, whose window has not moved
    await town.worker_runs()

    await jeanne.gives(lot, 1)

    free = await town.suspended_lot_of(lot)
    amina = await town.a_beneficiary()
    told, listed = await amina.gets(f"/lots/{free.id}"), await amina.gets(f"/lots/{lot.id}")
    same = (
        *changed.keys() - {"price_cents"},
        "pickup_start",
        "co2e_grams",
        "origin",
        "reduction_ground",
        "description",
    )
    assert {name: told[name] for name in same} == {name: listed[name] for name in same}
    assert (told["price_cents"], told["remaining"]) == (0, 1)
    # A portion of it is sold for what its donor paid.
    held = await amina.reserves(free)
    await lot.shop.merchant.hands_over(await amina.pass_for(held))
    assert await town.value("select recovered_by_shops_cents from app.impact_entries") == 300
