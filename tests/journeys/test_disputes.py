"""Disputes of cardholders: what Stripe takes and gives back is posted, and admins decide who bears a lost one."""

from backend import worker
from backend.payouts.jobs import look_again
from backend.settings import settings
from tests.journeys.test_ledger import balance, collected, nights_pass
from tests.town import Reservation, Town, refused


async def intent_of(town: Town, reservation: Reservation) -> str:
    intent: str = await town.value(
        "select stripe_payment_intent from app.payments where reservation_id = $1", reservation.id
    )
    return intent


async def settled(town: Town) -> None:
    await town.stripe.webhooks_quiet()
    await town.worker_runs()


async def test_a_won_dispute_leaves_the_fee_with_the_platform(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(price_cents=399, original_price_cents=800)
    bought = await collected(town, marc, lot)
    odile = await town.an_admin()

    dispute = await town.stripe.dispute(await intent_of(town, bought))
    await settled(town)
    assert (await balance(town, "disputes"), await balance(town, "dispute_fees")) == (399, 2000)
    listed = (await odile.gets("/admin/disputes"))["data"]
    assert [(one["id"], one["cents"], one["fee_cents"], one["shop_id"]) for one in listed] == [
        (dispute["id"], 399, 2000, str(lot.shop.id))
    ]
    assert (await refused(odile.posts(f"/admin/disputes/{dispute['id']}/decide", {"borne_by": "shop"}))).code == (
        "dispute.not_lost"
    )

    await town.stripe.decide_dispute(dispute["id"], "won")
    await settled(town)
    assert (await balance(town, "disputes"), await balance(town, "losses")) == (0, 0)
    await nights_pass(town)
    assert await balance(town, "shop") == -351


async def test_a_lost_dispute_is_the_platforms_loss_until_an_admin_decides(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(price_cents=399, original_price_cents=800)
    bought = await collected(town, marc, lot)
    dispute = await town.stripe.dispute(await intent_of(town, bought))
    await town.stripe.decide_dispute(dispute["id"], "lost")
    await settled(town)
    await nights_pass(town)
    assert (await balance(town, "losses"), await balance(town, "shop")) == (399, -351)

    odile = await town.an_admin()
    decided = await odile.posts(f"/admin/disputes/{dispute['id']}/decide", {"borne_by": "shop"})

    assert decided["borne_by"] == "shop"
    assert await balance(town, "losses") == 0
    assert [await balance(town, name) for name in ("shop", "commission", "vat")] == [0, 0, 0]
    seen = (await lot.shop.merchant.gets(f"/shops/{lot.shop.id}/balance"))["debt_cents"]
    assert seen == 0  # the shop reads it in the night
    await nights_pass(town, 1)
    listed = (await lot.shop.merchant.gets(f"/shops/{lot.shop.id}/ledger"))["data"]
    assert [one["net_cents"] for one in listed[0]["corrections"]] == [-351]
    again = await refused(odile.posts(f"/admin/disputes/{dispute['id']}/decide", {"borne_by": "platform"}))
    assert again.code == "dispute.not_lost"


async def test_a_shop_cannot_bear_a_dispute_of_what_was_refunded_already(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(price_cents=399, original_price_cents=800)
    bought = await marc.buys(lot)
    intent = await intent_of(town, bought)
    await town.stripe.refund_in_dashboard(intent)
    await settled(town)
    dispute = await town.stripe.dispute(intent)
    await town.stripe.decide_dispute(dispute["id"], "lost")
    await settled(town)

    odile = await town.an_admin()
    refusal = await refused(odile.posts(f"/admin/disputes/{dispute['id']}/decide", {"borne_by": "shop"}))

    assert refusal.code == "dispute.not_lost"
    assert (await balance(town, "losses"), await balance(town, "unmatched")) == (399, 0)


async def test_money_that_comes_back_after_a_loss_makes_it_smaller(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(price_cents=399, original_price_cents=800)
    bought = await collected(town, marc, lot)
    dispute = await town.stripe.dispute(await intent_of(town, bought))
    await town.stripe.decide_dispute(dispute["id"], "lost")
    await settled(town)
    await town.stripe.decide_dispute(dispute["id"], "reinstated")
    await settled(town)

    assert await town.value("select status from accounting.disputes") == "lost"
    assert (await balance(town, "disputes"), await balance(town, "losses")) == (0, 0)


async def test_money_that_comes_back_goes_to_the_shop_that_bore_the_loss(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(price_cents=399, original_price_cents=800)
    bought = await collected(town, marc, lot)
    dispute = await town.stripe.dispute(await intent_of(town, bought))
    await town.stripe.decide_dispute(dispute["id"], "lost")
    await settled(town)
    await nights_pass(town)
    await (await town.an_admin()).posts(f"/admin/disputes/{dispute['id']}/decide", {"borne_by": "shop"})
    await town.stripe.decide_dispute(dispute["id"], "reinstated")
    await settled(town)
    await nights_pass(town)

    assert [await balance(town, name) for name in ("disputes", "losses")] == [0, 0]
    assert [await balance(town, name) for name in ("shop", "commission", "vat")] == [-351, -40, -8]
    listed = (await lot.shop.merchant.gets(f"/shops/{lot.shop.id}/ledger"))["data"]
    assert [one["net_cents"] for one in listed[0]["corrections"]] == [-351, 351]


async def test_a_dispute_whose_events_were_lost_is_found(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(price_cents=399, original_price_cents=800)
    bought = await collected(town, marc, lot)
    await town.stripe.webhooks("hold")
    dispute = await town.stripe.dispute(await intent_of(town, bought))
    async with worker.working(settings()) as (work, _):
        assert await look_again(work) > 0
        assert await look_again(work) == 0
    await town.stripe.webhooks("release")

    found = await town.rows("select reservation_id, cents from accounting.disputes where id = $1", dispute["id"])
    assert [tuple(row) for row in found] == [(bought.id, 399)]
