"""Refunds of gifts while Stripe fails: the uncollected part is refunded exactly once."""

import pytest
import stripe

from scripts.proofs.audit import DATABASE
from tests.town import Town


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
