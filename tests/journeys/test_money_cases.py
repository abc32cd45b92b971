"""Whole ways of money to the cent, from the sale to the shop's bank: paid out, taken back, netted, disputed."""

from backend import worker
from backend.payouts import jobs as payouts
from backend.settings import settings
from tests.journeys.test_ledger import EARNED, SALE, balance, collected, nights_pass, posted_so_far, postings
from tests.journeys.test_payouts import RICH, _balance, _onboarded
from tests.town import Merchant, Shop, Town


async def a_paid_shop(town: Town) -> tuple[Merchant, Shop, str]:
    """Return an owner, a shop and its account at Stripe."""
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    await town.stripe.top_up(RICH)
    return sophie, shop, await _onboarded(town, sophie, shop)


async def night(town: Town, nights: int = 1) -> None:
    """Let nights pass, with what shops are paid in the last of them."""
    await nights_pass(town, nights)
    async with worker.working(settings()) as (work, _):
        await payouts.move_money(work)


async def look_at(town: Town, payout: str, account: str) -> None:
    async with worker.working(settings()) as (work, _):
        await payouts.look_at_payout(work, account, payout)


async def hears(town: Town) -> None:
    await town.stripe.webhooks_quiet()
    await town.worker_runs()


async def intent_of_the_sale(town: Town) -> str:
    intent: str = await town.value("select stripe_payment_intent from app.payments order by created_at limit 1")
    return intent


async def without_fees(town: Town, after: int = 0) -> list[tuple[str, dict[str, int]]]:
    return [one for one in await postings(town, after=after) if one[0] != "fee"]


async def test_case_2_a_sale_is_paid_out_and_a_failed_payout_comes_back(town: Town) -> None:
    sophie, shop, account = await a_paid_shop(town)
    await collected(town, await town.a_customer(), await town.a_lot(price_cents=399, shop=shop))
    await night(town, 5)
    payout = await town.stripe.pay_out(account)
    await look_at(town, payout["id"], account)
    await town.stripe.end_payout(payout["id"], "paid", account)
    await town.stripe.end_payout(payout["id"], "failed", account)
    await look_at(town, payout["id"], account)

    assert await without_fees(town) == [
        SALE,
        EARNED,
        ("transfer", {"connected": 351, "shop": 351, "earned": -351, "stripe": -351}),
        ("payout", {"bank": 351, "connected": -351}),
        ("payout_failed", {"connected": 351, "bank": -351}),
    ]
    assert await _balance(sophie, shop) == (0, 351, 0, 0)


async def test_case_5_two_refunds_after_the_transfer_are_taken_back_in_shares(town: Town) -> None:
    sophie, shop, _ = await a_paid_shop(town)
    await collected(town, await town.a_customer(), await town.a_lot(price_cents=405, shop=shop), 2)
    await night(town, 5)
    before = await posted_so_far(town)
    intent = await intent_of_the_sale(town)
    for _ in range(2):
        await town.stripe.refund_in_dashboard(intent, 405)
        await hears(town)
        await night(town)

    assert await without_fees(town, before) == [
        ("refund", {"shop": 356, "commission": 41, "vat": 8, "stripe": -405}),
        ("reversal", {"earned": 356, "stripe": 356, "connected": -356, "shop": -356}),
        ("refund", {"shop": 357, "commission": 40, "vat": 8, "stripe": -405}),
        ("reversal", {"earned": 357, "stripe": 357, "connected": -357, "shop": -357}),
    ]
    assert await _balance(sophie, shop) == (0, 0, 0, 0)
    assert [await balance(town, name) for name in ("commission", "vat")] == [0, 0]


async def test_case_6_a_refused_reversal_is_netted_from_the_next_transfer(town: Town) -> None:
    sophie, shop, _ = await a_paid_shop(town)
    await collected(town, await town.a_customer(), await town.a_lot(price_cents=399, shop=shop))
    await night(town, 5)
    before = await posted_so_far(town)
    await town.stripe.fault("reversals.create", "lacks_funds")
    await town.stripe.refund_in_dashboard(await intent_of_the_sale(town))
    await hears(town)
    await night(town)
    await collected(town, await town.a_customer("Zoé"), await town.a_lot(price_cents=599, shop=shop))
    await night(town, 5)

    assert await without_fees(town, before) == [
        ("refund", {"shop": 351, "commission": 40, "vat": 8, "stripe": -399}),
        ("sale", {"stripe": 599, "held": -599}),
        ("earned", {"held": 599, "vat": -12, "commission": -60, "shop": -527}),
        ("transfer", {"connected": 176, "shop": 176, "earned": -176, "stripe": -176}),
    ]
    assert await _balance(sophie, shop) == (0, 527, 0, 0)


async def test_case_8_a_dispute_is_won_lost_or_borne_by_the_shop(town: Town) -> None:
    _, shop, _ = await a_paid_shop(town)
    odile, lot = await town.an_admin(), await town.a_lot(left=3, price_cents=399, shop=shop)
    for name in ("Marc", "Zoé"):
        await (await town.a_customer(name)).buys(lot)
    await town.opens(lot)
    await night(town, 5)
    first, second = [
        row[0] for row in await town.rows("select stripe_payment_intent from app.payments order by created_at")
    ]
    before = await posted_so_far(town)
    for intent, outcome in ((first, "won"), (second, "lost")):
        dispute = await town.stripe.dispute(intent)
        await hears(town)
        await town.stripe.decide_dispute(dispute["id"], outcome)
        await hears(town)
    await odile.posts(f"/admin/disputes/{dispute['id']}/decide", {"borne_by": "shop"})

    assert await without_fees(town, before) == [
        ("dispute", {"dispute_fees": 2000, "disputes": 399, "stripe": -2399}),
        ("dispute_reinstated", {"stripe": 399, "disputes": -399}),
        ("dispute", {"dispute_fees": 2000, "disputes": 399, "stripe": -2399}),
        ("dispute_lost", {"losses": 399, "disputes": -399}),
        ("dispute_borne", {"shop": 351, "commission": 40, "vat": 8, "losses": -399}),
    ]
