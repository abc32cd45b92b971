"""Refunds after problem reports that fail later, or meet a lost answer: what is owed stays owed, and goes back once."""

from uuid import UUID

import pytest
import stripe

from backend.stripe.client import Stripe
from scripts.proofs.audit import DATABASE
from tests.faults.test_suspended_refunds import fails, payment, refunded_by_hand
from tests.journeys.test_problem_reports import answers, bought, collected, is_over, reports
from tests.town import Reservation, Town
from tests.town.databases import WORKER


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.05)


async def refund_of(town: Town, held: Reservation) -> str:
    refund: str = await town.value("select stripe_refund from app.payments where reservation_id = $1", held.id)
    return refund


async def looked_at_again(town: Town) -> None:
    """Let the pauses after refusals pass."""
    await town.changes("update app.payments set looked_at = looked_at - interval '1 hour'")
    await town.worker_runs()


@pytest.mark.parametrize(("share", "owed"), [(100, 400), (50, 200)])
async def test_a_refund_that_fails_is_owed_again_however_often(town: Town, share: int, owed: int) -> None:
    marc, lot, held = await bought(town)
    made = await reports(marc, await collected(town, lot, marc, held))
    await answers(lot.shop.merchant, made, "give_back", share=share)
    await is_over(town, lot)
    assert await payment(town, held) == ("refunded", owed)

    await fails(town, await refund_of(town, held))
    assert await payment(town, held) == ("refund_due", 0)
    by_hand = await refunded_by_hand(town, held, owed)
    await looked_at_again(town)
    assert await payment(town, held) == ("refunded", owed)
    await fails(town, by_hand)

    assert await payment(town, held) == ("refund_due", 0)
    assert await town.status_of(held) == "picked_up"


async def test_a_donors_refund_after_a_report_is_owed_again_when_it_fails(town: Town) -> None:
    jeanne, amina, lot = await town.a_customer("Jeanne"), await town.a_beneficiary(), await town.a_lot(left=2)
    gift = await jeanne.gives(lot, 2, if_unclaimed="refund")
    held = await amina.reserves(await town.suspended_lot_of(lot))
    made = await reports(amina, await collected(town, lot, amina, held))
    await is_over(town, lot)
    await answers(lot.shop.merchant, made, "give_back", share=25)
    await is_over(town, lot)
    assert await payment(town, gift) == ("refunded", 500)

    await fails(town, await refund_of(town, gift))

    assert (await payment(town, gift))[0] == "refund_due"
    assert await town.value("select refund_cents from app.payments where reservation_id = $1", gift.id) == 500


@pytest.mark.parametrize("mode", ["drop_reply", "error_500_kept", "drop_before"])
async def test_a_lost_refund_of_a_report_is_made_once(town: Town, mode: str) -> None:
    marc, lot, held = await bought(town)
    made = await reports(marc, await collected(town, lot, marc, held))
    await answers(lot.shop.merchant, made, "give_back", share=50)
    await town.stripe.fault("refunds.create", mode, times=1 if mode == "error_500_kept" else 3)
    await is_over(town, lot)
    assert (await payment(town, held))[0] == "refund_due", "the fault did not strike"
    await town.stripe.no_faults()
    for _ in range(2):
        await looked_at_again(town)

    assert await town.money(held) == (400, 200)
    assert [row[0] for row in await town.rows(DATABASE)] == []


async def test_a_report_given_back_while_its_gift_is_refunded_waits_for_it(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    jeanne, amina, lot = await town.a_customer("Jeanne"), await town.a_beneficiary(), await town.a_lot(left=2)
    gift = await jeanne.gives(lot, 2, if_unclaimed="refund")
    held = await amina.reserves(await town.suspended_lot_of(lot))
    made = await reports(amina, await collected(town, lot, amina, held))
    refunding = Stripe.refund_payment_intent
    met: list[int] = []

    async def meanwhile(self: Stripe, id: str, payment_id: UUID, due_cents: int, attempt: int) -> str:
        refund = await refunding(self, id, payment_id, due_cents, attempt)
        if not met:
            await answers(lot.shop.merchant, made, "give_back", share=25)
            async with town.copy.connection(WORKER) as worker:
                met.append(await worker.fetchval("select app.give_back_reported(10)"))
        return refund

    monkeypatch.setattr(Stripe, "refund_payment_intent", meanwhile)
    await is_over(town, lot)
    for _ in range(2):
        await looked_at_again(town)

    assert await town.money(gift) == (800, 500)
    assert await payment(town, gift) == ("refunded", 500)
    assert met == [0]
    assert [row[0] for row in await town.rows(DATABASE)] == []
