"""The check of the ledger compares each shop's own book with the balance of its account at Stripe."""

from uuid import UUID

import pytest

from backend.ledger import shops
from backend.payouts.jobs import look_at_account_and_payouts
from backend.settings import settings
from backend.stripe.client import Stripe
from backend.worker import working
from tests.journeys.test_ledger_check import checked
from tests.journeys.test_payouts import RICH, _night, _onboarded, closed_lot
from tests.town import Shop, Town


async def _a_paid_shop(town: Town) -> tuple[Shop, str]:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    await closed_lot(town, shop)
    account = await _onboarded(town, sophie, shop)
    await town.stripe.top_up(RICH)
    await _night(town)
    return shop, account


async def _found(town: Town) -> list[tuple[str | None, UUID | None, int]]:
    """Return the shops whose books differ, as the daily check finds them."""
    differences = (await checked(town)).differences
    return [(one.source, one.shop_id, one.cents) for one in differences if one.kind == "shop_balance"]


async def test_a_balance_that_is_not_the_shops_book_is_a_difference(town: Town) -> None:
    shop, account = await _a_paid_shop(town)
    assert await _found(town) == []
    odile = await town.an_admin()

    await town.stripe.top_up(5, account)  # Stripe says what nobody moved
    assert await _found(town) == [(account, shop.id, 5)]
    shown = (await odile.gets("/admin/ledger/differences"))["differences"]
    assert {
        "kind": "shop_balance",
        "source": account,
        "reservation_id": None,
        "shop_id": str(shop.id),
        "cents": 5,
    } in shown
    told = "select count(*) from app.notices where account_id = $1 and event = 'ledger_differs'"
    assert await town.value(told, odile.id) == 1


async def test_a_payout_of_which_no_event_told_is_no_difference(town: Town) -> None:
    _, account = await _a_paid_shop(town)
    await town.stripe.webhooks("hold")
    payout = await town.stripe.pay_out(account)
    assert await _found(town) == []
    await town.stripe.end_payout(payout["id"], "failed", account)
    assert await _found(town) == []
    assert await town.value("select status from accounting.payouts") == "failed"
    await town.stripe.webhooks("release")


async def test_a_transfer_under_way_is_no_difference(town: Town) -> None:
    _, account = await _a_paid_shop(town)
    await town.changes(
        "insert into accounting.transfers (shop_id, stripe_account, cents, asked_at)"
        " select shop_id, stripe_account, 5, now() from app.payout_accounts"
    )
    await town.stripe.top_up(5, account)
    assert await _found(town) == []


async def test_an_account_that_stripe_does_not_show_stops_no_other(town: Town) -> None:
    paused, _ = await _a_paid_shop(town)
    shop, account = await _a_paid_shop(town)
    await town.changes("update app.payout_accounts set stripe_account = 'acct_paused' where shop_id = $1", paused.id)
    await town.stripe.top_up(7, account)
    assert await _found(town) == [(account, shop.id, 7)]


async def test_each_run_asks_for_the_accounts_that_waited_longest(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = {(await _a_paid_shop(town))[1] for _ in range(3)}
    asked: list[str] = []
    balance = Stripe.balance

    async def noted(self: Stripe, account: str | None = None) -> object:
        asked.append(account or "")
        return await balance(self, account)

    monkeypatch.setattr(Stripe, "balance", noted)
    monkeypatch.setattr(shops, "MOST", 2)
    monkeypatch.setattr(shops, "AT_ONCE", 1)
    async with working(settings()) as (work, _):
        for _ in range(2):
            await shops.compare_shops(
                work.acts, work.stripe, lambda account: look_at_account_and_payouts(work, account)
            )
    assert set(asked[:3]) == accounts
    assert asked[3] == asked[0]
