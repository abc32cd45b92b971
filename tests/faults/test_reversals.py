"""Reversals that Stripe refuses, or makes without saying so: what a shop owes is taken back once."""

import pytest

from tests.faults.test_money_bug_reports import night, paid_shop, pays_out, refunded, sold
from tests.journeys.test_ledger import balance
from tests.journeys.test_payouts import _balance, _books_balance, _moved
from tests.town import Town

pytestmark = pytest.mark.usefixtures("short_pauses")


async def _reversals(town: Town) -> list[tuple[str, int, int]]:
    rows = await town.rows("select status, cents, attempt from accounting.reversals order by id")
    return [tuple(row) for row in rows]


async def _at_stripe(town: Town) -> list[int]:
    """Return what Stripe took back by reversals, in this test."""
    lines = (await town.stripe.books())["platform"]["balance_transactions"]
    ids = {row["stripe_reversal"] for row in await town.rows("select stripe_reversal from accounting.reversals")}
    return [line["amount"] for line in lines if line["type"] == "transfer_refund" and line["source"] in ids]


async def test_a_reversal_is_tried_again_until_the_balance_suffices(town: Town) -> None:
    sophie, shop, account = await paid_shop(town)
    intent = await sold(town, shop)
    await night(town)
    payout = await town.stripe.pay_out(account)  # the balance is on its way to the bank
    await town.stripe.webhooks_quiet()

    await refunded(town, intent)
    await night(town)
    await night(town)
    assert await _reversals(town) == [("intended", 351, 3)]
    assert await _balance(sophie, shop) == (0, 0, 351, 351)

    await town.stripe.end_payout(payout["id"], "failed", account)
    await town.stripe.webhooks_quiet()
    await night(town)
    assert await _reversals(town) == [("made", 351, 3)]
    assert await _balance(sophie, shop) == (0, 0, 0, 0)
    await night(town)
    assert len(await _reversals(town)) == 1
    assert await _at_stripe(town) == [351]
    assert await balance(town, "shop") == 0
    assert await _books_balance(town)


@pytest.mark.parametrize("fault", ["error_500_kept", "drop_reply"])
async def test_a_reversal_that_stripe_made_without_saying_so_is_found(town: Town, fault: str) -> None:
    sophie, shop, _ = await paid_shop(town)
    intent = await sold(town, shop)
    await night(town)
    await town.stripe.fault("reversals.create", fault, times=5)
    await refunded(town, intent)
    await night(town)
    await town.stripe.no_faults()
    await town.stripe.forget_idempotency_keys()
    await night(town)

    assert await _reversals(town) == [("made", 351, 1)]
    assert await _at_stripe(town) == [351]
    assert await _balance(sophie, shop) == (0, 0, 0, 0)
    assert await _books_balance(town)


async def test_a_reversal_that_stripe_did_not_make_is_asked_for_with_another_key(town: Town) -> None:
    sophie, shop, _ = await paid_shop(town)
    intent = await sold(town, shop)
    await night(town)
    await town.stripe.fault("reversals.create", "error_500_undone", times=5)
    await refunded(town, intent)
    await night(town)
    await town.stripe.no_faults()
    assert await _reversals(town) == [("intended", 351, 1)]
    await night(town)
    await night(town)

    assert await _reversals(town) == [("made", 351, 2)], "Stripe still repeats its 500 to the first key"
    assert await _at_stripe(town) == [351]
    assert await _balance(sophie, shop) == (0, 0, 0, 0)
    assert await _books_balance(town)


async def test_a_reversal_of_what_is_owed_no_longer_is_cancelled(town: Town) -> None:
    _, shop, account = await paid_shop(town)
    intent = await sold(town, shop)
    await night(town)
    await pays_out(town, account)
    refund = await town.stripe.refund_in_dashboard(intent)
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    await night(town)
    assert await _reversals(town) == [("intended", 351, 2)]

    await town.stripe.fail_refund(refund["id"])
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    await night(town)

    assert await _reversals(town) == [("cancelled", 351, 2)]
    assert await _at_stripe(town) == []
    assert await balance(town, "shop") == 0
    assert await _books_balance(town)


async def test_a_reversal_refused_for_another_reason_is_not_asked_again(town: Town) -> None:
    sophie, shop, account = await paid_shop(town)
    intent = await sold(town, shop)
    await night(town)
    await town.changes("update accounting.transfers set stripe_transfer = 'no_' || stripe_transfer")
    await refunded(town, intent)
    await night(town)
    await night(town)
    assert await _reversals(town) == [("refused", 351, 2)]
    await town.changes("update accounting.transfers set stripe_transfer = substr(stripe_transfer, 4)")

    await sold(town, shop, 599, "Zoé")
    await night(town)
    assert await _moved(town, account) == [351, 176]  # it was netted
    assert await _balance(sophie, shop) == (0, 527, 0, 0)
