"""Refunds that a person makes in Stripe's dashboard: we follow them, refund the rest, and end what was paid back."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import stripe

from backend.payments import jobs as payments
from backend.settings import settings
from backend.stripe.client import PaymentRefused, Stripe
from backend.worker import working
from scripts.proofs.audit import DATABASE
from tests.town import Customer, Lot, Reservation, Town
from tests.town.answers import refusal_in


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.05)


@pytest.fixture
async def paid_town(town: Town) -> AsyncIterator[Town]:
    await town.ensure_served()
    yield town
    await town.stripe.no_faults()
    await town.stripe.webhooks("release")


async def refunded_by_hand(town: Town, paid: Reservation, cents: int | None = None) -> None:
    """Refund in Stripe's dashboard, and let its events arrive and be handled."""
    intent = await town.value("select stripe_payment_intent from app.payments where reservation_id = $1", paid.id)
    await town.stripe.refund_in_dashboard(intent, cents)
    await town.stripe.webhooks_quiet()
    await town.worker_runs()


async def payment(town: Town, paid: Reservation) -> tuple[str, int]:
    (row,) = await town.rows("select status, refunded_cents from app.payments where reservation_id = $1", paid.id)
    return row["status"], row["refunded_cents"]


def mails(town: Town, template: str) -> list[str]:
    return [file.read_text() for file in sorted((town.folder / "mails").glob(f"*-{template}.eml"))]


async def consistent(town: Town) -> bool:
    return await town.stock_is_exact() and await town.rows(DATABASE) == []


async def bought(town: Town, *, opens_in: timedelta = timedelta(hours=3)) -> tuple[Customer, Lot, Reservation]:
    lot, marc = await town.a_lot(left=3, price_cents=400, opens_in=opens_in), await town.a_customer()
    return marc, lot, await marc.buys(lot, 2)


@pytest.mark.parametrize("parts", [[300], [300, 400]])
async def test_after_partial_refunds_by_hand_a_cancellation_refunds_the_rest(paid_town: Town, parts: list[int]) -> None:
    town = paid_town
    marc, lot, paid = await bought(town)
    for cents in parts:
        await refunded_by_hand(town, paid, cents)
    assert await payment(town, paid) == ("succeeded", sum(parts))
    assert (await marc.pass_for(paid)).pin, "what is paid in part is still theirs"

    await marc.cancels(paid)
    await town.worker_runs()

    assert await town.money(paid) == (800, 800)
    assert await payment(town, paid) == ("refunded", 800)
    assert (await town.left(lot), mails(town, "reservation_refunded")) == (3, [])
    assert await consistent(town)


async def test_a_partial_refund_between_our_tries_leaves_the_rest_refundable(paid_town: Town) -> None:
    """Stripe keeps its refusal of the first amount for the first key: the rest needs a key of its own."""
    town = paid_town
    marc, _, paid = await bought(town)
    await town.stripe.fault("refunds.create", "error_500", times=3)
    await marc.cancels(paid)
    await town.worker_runs()
    await town.stripe.no_faults()
    assert await payment(town, paid) == ("refund_due", 0)

    await refunded_by_hand(town, paid, 300)
    await town.changes("update app.payments set looked_at = looked_at - interval '1 hour'")
    await town.worker_runs()

    assert await town.money(paid) == (800, 800)
    assert await payment(town, paid) == ("refunded", 800)


@pytest.mark.parametrize("parts", [[800], [300, 500]])
async def test_a_full_refund_by_hand_ends_the_reservation_and_tells_both(paid_town: Town, parts: list[int]) -> None:
    town = paid_town
    marc, lot, paid = await bought(town)
    shown = await marc.pass_for(paid)
    for cents in parts:
        await refunded_by_hand(town, paid, cents)

    assert await payment(town, paid) == ("refunded", 800)
    assert (await marc.reservation(paid)).status == "cancelled"
    assert await town.left(lot) == 3
    assert (await marc.asks("GET", f"/reservations/{paid.id}/pass")).status_code == 409
    await town.opens(lot)
    answer = await lot.shop.merchant.asks("POST", "/pickups", {"qr": shown.qr, "pin": shown.pin})
    assert refusal_in(answer).code == "pass.unknown"
    (told,), (shop_told,) = mails(town, "reservation_refunded"), mails(town, "portions_back")
    assert f"To: {marc.email}" in told
    assert f"To: {lot.shop.merchant.email}" in shop_told
    assert str(marc.email) not in shop_told
    assert "Panier du soir" in told
    assert "Panier du soir" in shop_told
    assert await town.money(paid) == (800, 800)
    assert await consistent(town)


async def test_a_full_refund_by_hand_is_found_although_no_event_arrives(paid_town: Town) -> None:
    town = paid_town
    marc, lot, paid = await bought(town)
    await town.stripe.webhooks("hold")
    intent = await town.value("select stripe_payment_intent from app.payments")
    await town.stripe.refund_in_dashboard(intent)
    await town.worker_runs()
    assert (await marc.reservation(paid)).status == "confirmed"

    async with working(settings()) as (work, _):
        assert await payments.look_for_refunds(work) == 1
        assert await payments.look_for_refunds(work) == 0

    assert (await marc.reservation(paid)).status == "cancelled"
    assert await town.left(lot) == 3


async def test_a_refund_by_hand_after_the_pickup_moves_only_money(paid_town: Town) -> None:
    town = paid_town
    marc, lot, paid = await bought(town)
    await town.opens(lot)
    await lot.shop.merchant.hands_over(await marc.pass_for(paid))
    impact = await marc.gets("/impact/me")

    await refunded_by_hand(town, paid)

    assert await payment(town, paid) == ("refunded", 800)
    assert (await marc.reservation(paid)).status == "picked_up"
    assert (await town.left(lot), mails(town, "reservation_refunded"), mails(town, "portions_back")) == (1, [], [])
    assert await marc.gets("/impact/me") == impact
    assert await consistent(town)


async def test_a_refund_by_hand_before_we_heard_of_the_payment_ends_the_hold(paid_town: Town) -> None:
    town = paid_town
    lot, marc = await town.a_lot(left=1), await town.a_customer()
    await town.stripe.webhooks("hold")
    held = await marc.reserves(lot)
    await town.stripe.pay(held.client_secret)
    await town.stripe.refund_in_dashboard(held.client_secret.partition("_secret_")[0])
    await town.stripe.webhooks("shuffle", seed=3)
    await town.stripe.webhooks_quiet()
    await town.worker_runs()

    assert ((await marc.reservation(held)).status, await payment(town, held)) == ("expired", ("refunded", 400))
    assert (await town.left(lot), await town.money(held)) == (1, (400, 400))


async def test_a_refused_refund_is_tried_ten_times_with_growing_pauses(
    paid_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = paid_town
    marc, _, paid = await bought(town)
    tried = 0

    async def refused(*_: object) -> str:
        nonlocal tried
        tried += 1
        raise PaymentRefused("refund a payment intent", 400, "insufficient_funds", None)

    with monkeypatch.context() as patch:
        patch.setattr(Stripe, "refund_payment_intent", refused)
        await marc.cancels(paid)
        await town.worker_runs()
        assert tried == 1
        await town.clock(await town.now() + timedelta(seconds=30))
        await town.worker_runs()
        assert tried == 1, "the pause has doubled"
        for _ in range(30):
            await town.clock(await town.now() + timedelta(hours=3))
            await town.worker_runs()
        assert tried == 10

    # A person refunds it in the dashboard, and Stripe's event ends the story.
    await refunded_by_hand(town, paid)
    assert (await payment(town, paid), await town.money(paid)) == (("refunded", 800), (800, 800))


async def test_after_refusals_news_from_stripe_begin_new_tries(
    paid_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = paid_town
    marc, _, paid = await bought(town)

    async def refused(*_: object) -> str:
        raise PaymentRefused("refund a payment intent", 400, "insufficient_funds", None)

    with monkeypatch.context() as patch:
        patch.setattr(Stripe, "refund_payment_intent", refused)
        await marc.cancels(paid)
        await town.worker_runs()
    await town.changes("update app.payments set refusals = 10")
    await refunded_by_hand(town, paid, 300)
    await town.clock(await town.now() + timedelta(minutes=1))
    await town.worker_runs()

    assert (await payment(town, paid), await town.money(paid)) == (("refunded", 800), (800, 800))


async def test_a_gift_refunded_by_hand_goes_back_on_sale(paid_town: Town) -> None:
    town = paid_town
    lot, marc = await town.a_lot(left=3, price_cents=400), await town.a_customer()
    gift = await marc.gives(lot, 2)
    free = await town.suspended_lot_of(lot)

    await refunded_by_hand(town, gift)

    assert (await town.left(lot), await town.left(free)) == (3, 0)
    seen = await marc.gift(gift)
    assert (seen["status"], seen["quantity"], seen["refunded_cents"]) == ("refunded", 2, 800)
    assert f"To: {marc.email}" in mails(town, "suspended_lot_refunded")[0]
    assert f"To: {lot.shop.merchant.email}" in mails(town, "portions_back")[0]
    assert mails(town, "suspended_lot_over") == []
    assert await consistent(town)

    # Another gift with the same lot is offered like the first.
    await (await town.a_customer("Jeanne")).gives(lot, 1)
    assert (await (await town.a_beneficiary()).reserves(free)).status == "confirmed"
    assert await consistent(town)


async def test_portions_of_a_refunded_gift_stay_with_who_reserved_them(paid_town: Town) -> None:
    town = paid_town
    lot, marc, amina = await town.a_lot(left=3, price_cents=400), await town.a_customer(), await town.a_beneficiary()
    gift = await marc.gives(lot, 3, if_unclaimed="move")
    free = await town.suspended_lot_of(lot)
    taken = await amina.reserves(free)

    await refunded_by_hand(town, gift)

    assert (await town.left(lot), await town.left(free)) == (2, 0)
    seen = await marc.gift(gift)
    assert (seen["status"], seen["quantity"], seen["refunded_cents"]) == ("offered", 3, 1200)
    assert await consistent(town)
    await town.opens(lot)
    await lot.shop.merchant.hands_over(await amina.pass_for(taken))
    await town.clock(lot.pickup_end + timedelta(minutes=1))
    await town.worker_runs()
    seen = await marc.gift(gift)
    assert (seen["status"], seen["collected"], seen["refunded_cents"]) == ("partly_collected", 1, 1200)
    assert await town.money(gift) == (1200, 1200)
    assert await consistent(town)


async def test_a_refunded_gift_never_moves_to_another_lot(paid_town: Town) -> None:
    town = paid_town
    lot, marc, amina = await town.a_lot(left=3, price_cents=400), await town.a_customer(), await town.a_beneficiary()
    gift = await marc.gives(lot, 3)
    await amina.reserves(await town.suspended_lot_of(lot))
    await refunded_by_hand(town, gift)
    other = await town.a_lot(left=2, price_cents=400, shop=lot.shop, opens_in=timedelta(hours=20))

    answer = await marc.asks("PATCH", f"/suspended-lots/{gift.id}", {"if_unclaimed": "move"})
    assert refusal_in(answer).code == "suspended_lot.over"
    await town.changes("update app.suspended_lots set if_unclaimed = 'move'")  # as if it had been chosen
    await town.clock(lot.pickup_end + timedelta(minutes=1))  # Amina does not come
    await town.worker_runs()
    await town.worker_runs()

    assert await town.left(other) == 2
    assert (await marc.gift(gift))["status"] == "refunded"
    assert await town.money(gift) == (1200, 1200)
    assert await consistent(town)


async def test_a_cancelled_portion_of_a_refunded_gift_goes_back_on_sale(paid_town: Town) -> None:
    town = paid_town
    lot, marc, amina = await town.a_lot(left=2, price_cents=400), await town.a_customer(), await town.a_beneficiary()
    gift = await marc.gives(lot, 2)
    free = await town.suspended_lot_of(lot)
    taken = await amina.reserves(free)
    await refunded_by_hand(town, gift)
    assert (await town.left(lot), await town.left(free)) == (1, 0)

    await amina.cancels(taken)
    await town.worker_runs()

    assert (await town.left(lot), await town.left(free)) == (2, 0)
    assert (await marc.gift(gift))["status"] == "refunded"
    assert len(mails(town, "suspended_lot_refunded")) == 1
    assert await town.money(gift) == (800, 800)
    assert await consistent(town)


@pytest.mark.parametrize("told", [True, False], ids=["by an event", "by the list"])
async def test_a_refund_that_fails_later_is_due_again_until_a_person_refunds(paid_town: Town, told: bool) -> None:
    town = paid_town
    marc, _, paid = await bought(town)
    await marc.cancels(paid)
    await town.worker_runs()
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    assert await payment(town, paid) == ("refunded", 800)

    await town.stripe.webhooks("release" if told else "hold")
    await town.stripe.fail_refund(await town.value("select stripe_refund from app.payments"))
    if told:
        await town.stripe.webhooks_quiet()
    else:
        async with working(settings()) as (work, _):
            assert await payments.look_for_refunds(work) == 1
            assert await payments.look_for_refunds(work) == 0
    await town.worker_runs()
    assert await payment(town, paid) == ("refund_due", 0)
    for _ in range(30):
        await town.clock(await town.now() + timedelta(hours=3))
        await town.worker_runs()
    assert await town.value("select refusals from app.payments") == 10
    assert await town.money(paid) == (800, 0)

    await town.stripe.webhooks("release")
    await refunded_by_hand(town, paid)
    assert (await payment(town, paid), await town.money(paid)) == (("refunded", 800), (800, 800))
    assert await consistent(town)


async def test_a_refund_by_hand_that_fails_after_the_pickup_leaves_it_paid(paid_town: Town) -> None:
    town = paid_town
    marc, lot, paid = await bought(town)
    await town.opens(lot)
    await lot.shop.merchant.hands_over(await marc.pass_for(paid))
    await refunded_by_hand(town, paid)
    assert await payment(town, paid) == ("refunded", 800)

    await town.stripe.fail_refund(await town.value("select stripe_refund from app.payments"))
    await town.stripe.webhooks_quiet()
    await town.worker_runs()

    assert (await payment(town, paid), await town.money(paid)) == (("succeeded", 0), (800, 0))
    assert await consistent(town)


async def test_a_manual_refund_of_a_gift_s_rest_is_found_without_an_event(paid_town: Town) -> None:
    town = paid_town
    lot, marc, amina = await town.a_lot(left=3, price_cents=400), await town.a_customer(), await town.a_beneficiary()
    gift = await marc.gives(lot, 2)
    taken = await amina.reserves(await town.suspended_lot_of(lot))
    await town.opens(lot)
    await lot.shop.merchant.hands_over(await amina.pass_for(taken))
    await town.clock(lot.pickup_end + timedelta(minutes=1))
    await town.worker_runs()
    assert await payment(town, gift) == ("refunded", 400)

    await town.stripe.webhooks("hold")
    intent = await town.value("select stripe_payment_intent from app.payments")
    await town.stripe.refund_in_dashboard(intent)
    async with working(settings()) as (work, _):
        assert await payments.look_for_refunds(work) == 1
        assert await payments.look_for_refunds(work) == 0
    assert await payment(town, gift) == ("refunded", 800)


async def test_a_refund_that_fails_weeks_later_is_found_without_an_event(
    paid_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of young refunds does not show it, but Stripe's list of events does."""
    town = paid_town
    marc, _, paid = await bought(town)
    await marc.cancels(paid)
    await town.worker_runs()
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    await town.stripe.webhooks("hold")
    await town.stripe.fail_refund(await town.value("select stripe_refund from app.payments"))

    monkeypatch.setattr(payments, "REFUNDS_LOOKED_FOR", timedelta(minutes=-1))  # so that the refund is older
    async with working(settings()) as (work, _):
        assert await payments.look_for_refunds(work) == 1
        assert await payments.look_for_refunds(work) == 0
    await town.worker_runs()

    assert await payment(town, paid) == ("refund_due", 0)


@pytest.mark.parametrize("whose", ["ours", "by hand"])
async def test_one_of_two_refunds_that_fails_is_found_without_event(paid_town: Town, whose: str) -> None:
    """Ours waits for a person; for one by hand we refund what is missing."""
    town = paid_town
    marc, _, paid = await bought(town)
    await refunded_by_hand(town, paid, 300)
    await marc.cancels(paid)
    await town.worker_runs()
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    assert await payment(town, paid) == ("refunded", 800)
    await town.stripe.webhooks("hold")
    intent = await town.value("select stripe_payment_intent from app.payments")
    made = [one for one in (await town.stripe.ledger())["refunds"] if one["payment_intent"] == intent]
    (failing,) = [one["id"] for one in made if bool(one["metadata"]) == (whose == "ours")]
    await town.stripe.fail_refund(failing)

    async with working(settings()) as (work, _):
        assert await payments.look_for_refunds(work) == 1
    await town.worker_runs()

    assert await payment(town, paid) == (("refund_due", 300) if whose == "ours" else ("refunded", 800))
    assert await town.money(paid) == (800, 300 if whose == "ours" else 800)


async def test_a_failed_manual_refund_after_the_pickup_moves_only_money(paid_town: Town) -> None:
    town = paid_town
    marc, lot, paid = await bought(town)
    await town.opens(lot)
    await lot.shop.merchant.hands_over(await marc.pass_for(paid))
    intent = await town.value("select stripe_payment_intent from app.payments")
    await refunded_by_hand(town, paid, 300)
    last = await town.stripe.refund_in_dashboard(intent, 500)
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    assert await payment(town, paid) == ("refunded", 800)

    await town.stripe.fail_refund(last["id"])
    await town.stripe.webhooks_quiet()
    await town.worker_runs()

    assert (await payment(town, paid), await town.money(paid)) == (("succeeded", 300), (800, 300))
