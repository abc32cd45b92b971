"""Stripe away for a minute or ten, or answering 500 after it has done what was asked: nothing lost, nothing twice."""

from datetime import timedelta

import pytest

from backend import worker
from backend.ledger.jobs import check_ledger
from backend.payouts import jobs as payouts
from backend.settings import settings
from tests.journeys.test_ledger import balance, collected, nights_pass, postings
from tests.journeys.test_payouts import RICH, _balance, _books_balance, _moved, _onboarded
from tests.town import Town

pytestmark = pytest.mark.usefixtures("short_pauses")
FOR_EVER = 1_000_000


async def move_money(town: Town) -> None:
    async with worker.working(settings()) as (work, _):
        await payouts.move_money(work)


@pytest.mark.parametrize("mode", ["drop_before", "drop_reply", "error_500_kept", "error_500_undone"])
@pytest.mark.parametrize("minutes", [1, 10])
async def test_money_is_neither_lost_nor_moved_twice_while_stripe_is_away(town: Town, mode: str, minutes: int) -> None:
    sophie, marc, zoe = await town.a_merchant(), await town.a_customer(), await town.a_customer("Zoé")
    shop = await town.a_shop(sophie)
    account = await _onboarded(town, sophie, shop)
    await town.stripe.top_up(RICH)
    sold = await collected(town, marc, await town.a_lot(price_cents=399, shop=shop))
    await nights_pass(town)
    lot = await town.a_lot(left=5, price_cents=400, shop=shop, opens_in=timedelta(hours=9))
    cancelled, kept = await marc.buys(lot), await zoe.buys(lot, 2)

    await town.stripe.fault("*", mode, times=FOR_EVER)
    await marc.cancels(cancelled)
    refusal = await zoe.tries_to_reserve(lot, key="the same")
    assert (refusal.status, refusal.code) == (503, "payment.unavailable")
    for _ in range(minutes):
        await town.worker_runs()
        await move_money(town)
        await town.clock(await town.now() + timedelta(minutes=1))
    await town.stripe.no_faults()

    if mode in ("error_500_kept", "error_500_undone"):  # Stripe repeats its 500 for a day
        await town.stripe.forget_idempotency_keys()
        await town.clock(await town.now() + timedelta(hours=25))
    for _ in range(4):
        await town.stripe.webhooks_quiet()
        await town.clock(await town.now() + timedelta(minutes=11))
        await town.worker_runs()
        await move_money(town)
    await nights_pass(town)
    await move_money(town)

    assert [await town.money(one) for one in (sold, cancelled, kept)] == [(399, 0), (400, 400), (800, 0)]
    assert await town.charged_cents() == 399 + 400 + 800, "a hold that nobody paid is not charged"
    assert await _moved(town, account) == [351, 704]
    assert await _balance(sophie, shop) == (0, 1055, 0, 0)
    done = [kind for kind, _ in await postings(town)]
    assert {kind: done.count(kind) for kind in done if kind != "fee"} == {
        "sale": 3,
        "refund": 1,
        "earned": 2,
        "transfer": 2,
    }
    assert (await balance(town, "held"), await balance(town, "shop")) == (0, 0)
    assert await _books_balance(town)
    assert await town.stock_is_exact()
    assert await town.value("select count(*) from app.reservations where status = 'held'") == 0


async def test_the_daily_check_finds_nothing_after_stripe_was_away(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(price_cents=399)
    bought = await marc.buys(lot)
    await town.stripe.fault("refunds.create", "error_500_kept")
    await marc.cancels(bought)
    await town.worker_runs()
    await town.stripe.no_faults()
    await town.stripe.webhooks_quiet()
    await town.clock(await town.now() + timedelta(minutes=11))
    await town.worker_runs()

    async with worker.working(settings()) as (work, _):
        found = await check_ledger(work, payouts.look_at_account_and_payouts)
        ours = {row["source"] for row in await town.rows("select source from accounting.postings")}
    assert [one for one in found.differences if one.source in ours or one.source is None] == []
    assert await town.money(bought) == (399, 399)
