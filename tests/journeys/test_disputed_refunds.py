"""Refunds that are due of payments whose disputes are lost, in any order: given back once, whoever gave it back."""

from tests.journeys.test_disputes import intent_of, settled
from tests.journeys.test_erasure import erases
from tests.journeys.test_ledger import HOUR, balance, collected, nights_pass
from tests.journeys.test_ledger_check import checked
from tests.journeys.test_receipts import words
from tests.town import Town, refused


async def _payment(town: Town) -> tuple[str, int, int]:
    (row,) = await town.rows("select status, refunded_cents, disputed_cents from app.payments")
    return row["status"], row["refunded_cents"], row["disputed_cents"]


async def _nothing_differs(town: Town) -> None:
    """Let the product's own check compare the sales with the ledger and with Stripe."""
    assert [one for one in (await checked(town)).differences if one.reservation_id is not None] == []


async def test_a_dispute_lost_while_a_refund_is_due_is_that_refund(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(price_cents=399, original_price_cents=800)
    bought = await marc.buys(lot)
    dispute = await town.stripe.dispute(await intent_of(town, bought))
    await settled(town)
    await marc.cancels(bought)
    await town.worker_runs()
    assert await _payment(town) == ("refund_due", 0, 0)  # Stripe refuses it meanwhile

    await town.stripe.decide_dispute(dispute["id"], "lost")
    await settled(town)

    assert await _payment(town) == ("refunded", 0, 399)
    assert [await balance(town, name) for name in ("held", "disputes", "losses", "unmatched")] == [0, 0, 0, 0]
    assert await town.money(bought) == (399, 0)
    await nights_pass(town)
    assert await _payment(town) == ("refunded", 0, 399)
    assert [await balance(town, name) for name in ("held", "shop", "losses")] == [0, 0, 0]
    await _nothing_differs(town)
    receipt = words((await marc.asks("GET", f"/reservations/{bought.id}/receipt.pdf")).content)
    assert "Rendu par votre banque après contestation -3,99 €" in receipt
    assert "Reste payé, TTC 0,00 €" in receipt
    assert "Remboursé" not in receipt
    odile = await town.an_admin()
    refusal = await refused(odile.posts(f"/admin/disputes/{dispute['id']}/decide", {"borne_by": "shop"}))
    assert refusal.code == "dispute.not_lost"


async def test_a_refund_due_after_the_dispute_was_lost_was_given_back(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(price_cents=399, original_price_cents=800)
    bought = await marc.buys(lot)
    dispute = await town.stripe.dispute(await intent_of(town, bought))
    await town.stripe.decide_dispute(dispute["id"], "lost")
    await settled(town)
    assert (await _payment(town), await balance(town, "losses")) == (("succeeded", 0, 0), 399)

    await marc.cancels(bought)
    await town.worker_runs()

    assert await _payment(town) == ("refunded", 0, 399)
    assert [await balance(town, name) for name in ("held", "disputes", "losses", "unmatched")] == [0, 0, 0, 0]
    assert await town.money(bought) == (399, 0)
    await _nothing_differs(town)


async def test_a_refund_in_part_after_a_lost_dispute_leaves_the_rest_a_loss(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(price_cents=399, original_price_cents=800)
    bought = await collected(town, marc, lot)
    report = await marc.posts(f"/reservations/{bought.id}/problem-report", {"kind": "quality", "text": "Moisi."})
    dispute = await town.stripe.dispute(await intent_of(town, bought))
    await town.stripe.decide_dispute(dispute["id"], "lost")
    await settled(town)
    await lot.shop.merchant.posts(
        f"/problem-reports/{report['id']}/answer", {"outcome": "give_back", "share": 33, "text": "Pardon."}
    )
    await town.clock(lot.pickup_end + HOUR)
    await town.worker_runs()
    await town.worker_runs()

    assert await _payment(town) == ("refunded", 0, 132)
    assert (await balance(town, "held"), await balance(town, "losses")) == (132 - 399, 399 - 132)
    await nights_pass(town)
    assert await balance(town, "held") == 0
    decided = await (await town.an_admin()).posts(f"/admin/disputes/{dispute['id']}/decide", {"borne_by": "shop"})
    assert decided["borne_by"] == "shop"
    assert [await balance(town, name) for name in ("shop", "commission", "vat", "losses")] == [0, 0, 0, 0]
    await _nothing_differs(town)


async def test_a_refund_after_the_shop_bore_the_dispute_moves_nothing_more(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(price_cents=399, original_price_cents=800)
    bought = await marc.buys(lot)
    dispute = await town.stripe.dispute(await intent_of(town, bought))
    await town.stripe.decide_dispute(dispute["id"], "lost")
    await settled(town)
    await (await town.an_admin()).posts(f"/admin/disputes/{dispute['id']}/decide", {"borne_by": "shop"})
    await marc.cancels(bought)
    await town.worker_runs()

    assert await _payment(town) == ("refunded", 0, 399)
    assert [await balance(town, name) for name in ("held", "shop", "losses", "unmatched")] == [0, 0, 0, 0]
    await _nothing_differs(town)


async def test_a_refund_made_before_the_dispute_stays_a_refund(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(price_cents=399, original_price_cents=800)
    bought = await marc.buys(lot)
    await marc.cancels(bought)
    await town.worker_runs()
    dispute = await town.stripe.dispute(await intent_of(town, bought))
    await town.stripe.decide_dispute(dispute["id"], "lost")
    await settled(town)

    assert await _payment(town) == ("refunded", 399, 0)
    assert (await balance(town, "held"), await balance(town, "losses")) == (0, 399)  # the payer has it twice
    await _nothing_differs(town)


async def test_a_refund_that_fails_after_the_lost_dispute_is_not_made_again(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(price_cents=399, original_price_cents=800)
    bought = await marc.buys(lot)
    await marc.cancels(bought)
    await town.worker_runs()
    dispute = await town.stripe.dispute(await intent_of(town, bought))
    await town.stripe.decide_dispute(dispute["id"], "lost")
    await settled(town)
    await town.stripe.fail_refund(await town.value("select stripe_refund from app.payments"))
    await settled(town)

    assert await _payment(town) == ("refunded", 0, 399)
    assert [await balance(town, name) for name in ("held", "losses", "unmatched")] == [0, 0, 0]
    await _nothing_differs(town)


async def test_a_refund_that_waited_for_a_dispute_is_made_once_it_is_won(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(price_cents=399, original_price_cents=800)
    bought = await marc.buys(lot)
    dispute = await town.stripe.dispute(await intent_of(town, bought))
    await settled(town)
    await marc.cancels(bought)
    await town.worker_runs()
    await town.changes("update app.payments set refusals = 10")  # given up meanwhile
    await town.stripe.decide_dispute(dispute["id"], "won")
    await settled(town)

    assert await _payment(town) == ("refunded", 399, 0)
    assert [await balance(town, name) for name in ("held", "disputes", "losses")] == [0, 0, 0]
    await _nothing_differs(town)


async def test_a_refund_is_due_again_once_the_lost_money_came_back(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(price_cents=399, original_price_cents=800)
    bought = await marc.buys(lot)
    dispute = await town.stripe.dispute(await intent_of(town, bought))
    await settled(town)
    await marc.cancels(bought)
    await town.worker_runs()
    await town.stripe.decide_dispute(dispute["id"], "lost")
    await settled(town)
    assert await _payment(town) == ("refunded", 0, 399)

    await town.stripe.decide_dispute(dispute["id"], "reinstated")
    await settled(town)

    assert await _payment(town) == ("refunded", 399, 0)
    assert await town.money(bought) == (399, 399)
    assert [await balance(town, name) for name in ("held", "disputes", "losses", "unmatched")] == [0, 0, 0, 0]
    await _nothing_differs(town)


async def test_admins_hear_when_lost_money_comes_back_for_somebody_erased(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(price_cents=399, original_price_cents=800)
    bought = await marc.buys(lot)
    intent = await intent_of(town, bought)
    odile = await town.an_admin()
    dispute = await town.stripe.dispute(intent)
    await settled(town)
    await marc.cancels(bought)
    await town.worker_runs()
    await town.stripe.decide_dispute(dispute["id"], "lost")
    await settled(town)
    assert await erases(marc) == (204, None)
    await town.worker_runs()
    assert [tuple(row) for row in await town.rows("select status, disputed_cents from accounting.payments")] == [
        ("refunded", 399)
    ]

    await town.stripe.decide_dispute(dispute["id"], "reinstated")
    await settled(town)

    told = await town.rows(
        "select facts->>'missing_cents' as missing from app.notices where account_id = $1 and event = 'refund_failed'",
        odile.id,
    )
    assert [row["missing"] for row in told] == ["399"]
    assert await balance(town, "held") == -399
    await town.stripe.refund_in_dashboard(intent)
    await settled(town)
    assert [await balance(town, name) for name in ("held", "losses", "unmatched")] == [0, 0, 0]
    (row,) = await town.rows("select status, refunded_cents, disputed_cents from accounting.current_payments")
    assert tuple(row) == ("refunded", 399, 0)
    await _nothing_differs(town)
