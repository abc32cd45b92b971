"""Six public bug reports about money in other programs, each as what would happen here.

polarsource/polar#4428, medusajs/medusa#13301, openfoodfoundation/openfoodnetwork#3925, alphagov/pay-connector#1792,
elizaOS/eliza#11022 and elizaOS/eliza#11155.
"""

import asyncio
from datetime import timedelta

import pytest

from backend import worker
from backend.job_context import Work
from backend.payments import jobs as payments
from backend.payouts import jobs as payouts
from backend.settings import settings
from tests.journeys.test_ledger import balance, collected, nights_pass, postings
from tests.journeys.test_payouts import RICH, _balance, _books_balance, _moved, _onboarded
from tests.races.test_counter import rewrite_function
from tests.town import Merchant, Shop, Town

pytestmark = pytest.mark.usefixtures("short_pauses")


async def paid_shop(town: Town) -> tuple[Merchant, Shop, str]:
    """Return an owner, a shop and its account at Stripe."""
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    account = await _onboarded(town, sophie, shop)
    await town.stripe.top_up(RICH)
    return sophie, shop, account


async def sold(town: Town, shop: Shop, price_cents: int = 399, name: str = "Marc") -> str:
    """Sell and hand over one portion, and let its lot be closed. Return the payment at Stripe."""
    lot = await town.a_lot(left=3, price_cents=price_cents, shop=shop)
    held = await collected(town, await town.a_customer(name), lot)
    await nights_pass(town)
    intent: str = await town.value("select stripe_payment_intent from app.payments where reservation_id = $1", held.id)
    return intent


async def night(town: Town) -> None:
    """Let a night pass, with what shops are paid in it."""
    await nights_pass(town, 1)
    async with worker.working(settings()) as (work, _):
        await payouts.move_money(work)


async def refunded(town: Town, intent: str) -> None:
    await town.stripe.refund_in_dashboard(intent)
    await town.stripe.webhooks_quiet()
    await town.worker_runs()


async def pays_out(town: Town, account: str) -> None:
    payout = await town.stripe.pay_out(account)
    await town.stripe.end_payout(payout["id"], "paid", account)
    async with worker.working(settings()) as (work, _):
        await payouts.look_at_payout(work, account, payout["id"])


async def test_a_refund_after_the_payout_lowers_the_next_transfer(town: Town) -> None:
    """polar#4428: what was refunded after a payout was missing nowhere, so the next transfer was too large."""
    sophie, shop, account = await paid_shop(town)
    intent = await sold(town, shop)
    await night(town)
    await pays_out(town, account)

    await refunded(town, intent)
    await night(town)
    await sold(town, shop, 599, "Zoé")
    await night(town)

    assert await _moved(town, account) == [351, 527 - 351]
    assert await _balance(sophie, shop) == (0, 176, 351, 0)
    assert await _books_balance(town)


async def test_webhook_client_and_reconciling_at_once_refund_no_reservation(town: Town) -> None:
    """medusa#13301: a webhook and the client raced, and the loser's compensation refunded a good order."""
    lot, marc = await town.a_lot(left=3, price_cents=399), await town.a_customer()
    held = await marc.reserves(lot, key="the same")
    await town.stripe.pay(held.client_secret)
    await town.stripe.webhooks_quiet()
    payment = await town.value("select id from app.payments")
    intent = await town.value("select stripe_payment_intent from app.payments")

    async with worker.working(settings()) as (work, _):
        await asyncio.gather(
            *(payments.look_at_intent(work, intent) for _ in range(4)),
            *(payments.carry_forward(work, payment) for _ in range(4)),
            *(marc.sends_reservation(lot, key="the same") for _ in range(4)),
            town.worker_runs(),
        )

    assert (await marc.reservation(held)).status == "confirmed"
    assert await town.money(held) == (399, 0)
    assert await postings(town) == [("sale", {"stripe": 399, "held": -399})]
    assert await town.left(lot) == 2


@pytest.mark.parametrize("lapses", [False, True], ids=["in time", "after the window"])
async def test_a_charge_whose_row_was_rolled_back_is_kept_or_given_back(town: Town, lapses: bool) -> None:
    """openfoodnetwork#3925: the card was charged, the row was rolled back, and nobody knew of the charge."""
    lot, marc = await town.a_lot(left=3, price_cents=399), await town.a_customer()
    held = await marc.reserves(lot)
    source = await town.value("select pg_get_functiondef(to_regproc('app.settle_payment'))")
    await rewrite_function(
        town, "settle_payment", "where x.id = p.reservation_id for update;", "where false for update; perform 1 / 0;"
    )
    await town.stripe.pay(held.client_secret)
    await town.stripe.webhooks_quiet()
    intent = await town.value("select stripe_payment_intent from app.payments")
    async with worker.working(settings()) as (work, _):
        with pytest.raises(Exception, match="division by zero"):
            await payments.look_at_intent(work, intent)
    assert await postings(town) == []
    assert await town.status_of(held) == "held"

    await town.changes(source)
    later = lot.pickup_end + timedelta(hours=1) if lapses else await town.now() + timedelta(seconds=31)
    await town.clock(later)
    await town.worker_runs()

    assert await town.money(held) == ((399, 399) if lapses else (399, 0))
    assert await town.status_of(held) == ("expired" if lapses else "confirmed")
    assert await balance(town, "stripe") == (0 if lapses else 399)
    assert -await balance(town, "held") == (0 if lapses else 399)


async def test_a_refund_whose_reversal_is_refused_is_a_debt_until_the_next_sale(town: Town) -> None:
    """pay-connector#1792: the customer was refunded, taking it back failed, and the money was nobody's."""
    sophie, shop, account = await paid_shop(town)
    intent = await sold(town, shop)
    await night(town)

    await town.stripe.fault("reversals.create", "lacks_funds", times=2)
    await refunded(town, intent)
    await night(town)
    await night(town)
    assert await _moved(town, account) == [351]
    assert await _balance(sophie, shop) == (0, 351, 0, 351)

    await sold(town, shop, 599, "Zoé")
    await night(town)
    assert await _moved(town, account) == [351, 176]
    assert await _balance(sophie, shop) == (0, 527, 0, 0)
    assert await town.value("select status from accounting.reversals") == "cancelled"  # it was netted
    assert await _books_balance(town)


async def test_a_retried_transfer_debits_and_transfers_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """eliza#11022: a retried key skipped the debit, since it was known, and transferred again."""
    sophie, shop, account = await paid_shop(town)
    await sold(town, shop)

    async def dies(work: Work, transfer_id: object, stripe_transfer: str) -> None:
        raise ConnectionError("the worker died before it could commit what Stripe answered")

    with monkeypatch.context() as patch:
        patch.setattr(payouts, "_made", dies)
        with pytest.raises(ConnectionError):
            await night(town)
    await town.stripe.forget_idempotency_keys()
    for _ in range(2):
        await night(town)

    assert await _moved(town, account) == [351]
    transfers = [one for one in await postings(town) if one[0] == "transfer"]
    assert transfers == [("transfer", {"connected": 351, "shop": 351, "earned": -351, "stripe": -351})]
    assert await _balance(sophie, shop) == (0, 351, 0, 0)


async def test_a_refund_after_a_won_dispute_is_taken_back_whole(town: Town) -> None:
    """eliza#11155: what a won dispute gave back counted as refunded, so a refund after it took too little back."""
    sophie, shop, account = await paid_shop(town)
    intent = await sold(town, shop)
    await night(town)
    dispute = await town.stripe.dispute(intent)
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    await town.stripe.decide_dispute(dispute["id"], "won")
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    assert await _balance(sophie, shop) == (0, 351, 0, 0)
    assert (await balance(town, "disputes"), await balance(town, "losses")) == (0, 0)

    await refunded(town, intent)
    await night(town)

    assert await _moved(town, account) == [351, -351]
    assert await _balance(sophie, shop) == (0, 0, 0, 0)
    assert (await balance(town, "commission"), await balance(town, "vat")) == (0, 0)
