"""How shops are paid: the payout account, one transfer a night, what is taken back, and what gets lost on the way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import stripe

from backend import worker
from backend.job_context import Work
from backend.payouts import jobs
from backend.settings import settings
from tests.races.test_counter import rewrite_function
from tests.town import Merchant, Shop, Town, refused
from tests.town.books import has_premium

RICH = 1_000_000  # cents, so that the platform's balance never runs out by itself


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.05)


@asynccontextmanager
async def _work(town: Town) -> AsyncIterator[Work]:
    await town.ensure_served()
    async with worker.working(settings()) as (work, _):
        yield work


async def _night(town: Town) -> int:
    """Let a night pass and return how many transfers were made."""
    async with _work(town) as work:
        return await jobs.move_money(work)


_POST = (
    "select app.post($1, $2, null, app.clock(), array[app.ledger_account($3), app.ledger_account('shop', $4),"
    " app.ledger_account('commission'), app.ledger_account('vat')],"
    " array[$5::bigint, -$6::bigint, -$7::bigint, -$8::bigint])"
)


async def closed_lot(town: Town, shop: Shop, gross: int = 399, net: int = 351) -> UUID:
    """Close a lot of the shop that came to this much."""
    lot, vat = uuid4(), (gross - net) // 6
    commission = gross - net - vat
    await town.value(_POST, "earned", str(lot), "held", shop.id, gross, net, commission, vat)
    await town.changes(
        "insert into accounting.closed_lots values ($1, $2, 'Panier', app.clock(), app.clock(), 1, $3, $4, $5, $6)",
        lot,
        shop.id,
        gross,
        commission,
        vat,
        net,
    )
    return lot


async def _refunded(town: Town, shop: Shop, lot: UUID, gross: int = 399, net: int = 351) -> None:
    """Refund a payment of a closed lot: so much, of which this was the shop's."""
    vat = (gross - net) // 6
    commission = gross - net - vat
    posting = await town.value(_POST, "refund", str(uuid4()), "stripe", shop.id, -gross, -net, -commission, -vat)
    await town.changes(
        "insert into accounting.closed_lot_corrections (lot_id, shop_id, at, gross_cents, commission_cents, vat_cents,"
        " net_cents, reason, posting_id, earned_id) values ($1, $2, app.clock(), $3, $4, $5, $6, 'refund', $7, $7)",
        lot,
        shop.id,
        -gross,
        -commission,
        -vat,
        -net,
        posting,
    )


async def _onboarded(town: Town, owner: Merchant, shop: Shop) -> str:
    """Open the shop's payout account, and let Stripe accept it. Return its id."""
    link = await owner.posts(f"/shops/{shop.id}/payout-account")
    assert await town.stripe.onboard(link["url"]) == f"{settings().public_url}/my-shops/{shop.id}/money"
    account = str(await town.value("select stripe_account from app.payout_accounts where shop_id = $1", shop.id))
    await _look(town, account)
    return account


async def _look(town: Town, account: str) -> None:
    async with _work(town) as work:
        await jobs.look_at_account(work, account)


async def _moved(town: Town, account: str) -> list[int]:
    """Return what Stripe moved to an account (and back), in cents, the oldest first."""
    books = await town.stripe.books()
    return [line["net"] for line in books["accounts"][account]["balance_transactions"] if line["type"] != "payout"]


async def _books_balance(town: Town) -> bool:
    uneven = await town.rows(
        "select p.id from accounting.postings p join accounting.lines l on l.posting_id = p.id"
        " join accounting.ledger_accounts a on a.id = l.account_id group by p.id, a.book having sum(l.cents) <> 0"
    )
    return not uneven


async def _balance(owner: Merchant, shop: Shop) -> tuple[int, int, int, int]:
    answer: dict[str, Any] = await owner.gets(f"/shops/{shop.id}/balance")
    return (answer["due_cents"], answer["in_transfer_cents"], answer["paid_cents"], answer["debt_cents"])


async def test_a_shop_is_paid_in_one_transfer_for_all_closed_lots(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    await closed_lot(town, shop)
    await closed_lot(town, shop, 798, 702)
    assert await _balance(sophie, shop) == (1053, 0, 0, 0)
    assert await _night(town) == 0  # no account yet

    account = await _onboarded(town, sophie, shop)
    assert (await sophie.gets(f"/shops/{shop.id}/payout-account"))["state"] == "active"
    await town.stripe.top_up(RICH)
    assert await _night(town) == 1
    assert await _night(town) == 0

    assert await _moved(town, account) == [1053]
    assert await _balance(sophie, shop) == (0, 1053, 0, 0)
    listed = await sophie.gets(f"/shops/{shop.id}/ledger")
    assert [(lot["net_cents"], lot["transferred"]) for lot in listed["data"]] == [(702, True), (351, True)]
    assert await _books_balance(town)


async def test_our_own_balance_is_paid_out_only_by_hand(town: Town) -> None:
    async with _work(town) as work:
        for _ in range(2):
            await jobs.move_money(work)
            assert (await work.stripe.payout_rhythm()).interval == "manual"


async def test_a_payout_shows_its_transfers_and_a_failed_one_comes_back(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    await closed_lot(town, shop)
    account = await _onboarded(town, sophie, shop)
    await town.stripe.top_up(RICH)
    await _night(town)

    payout = await town.stripe.pay_out(account)
    await town.stripe.end_payout(payout["id"], "paid", account)
    async with _work(town) as work:
        await jobs.look_at_payout(work, account, payout["id"])
        await jobs.look_at_payout(work, account, payout["id"])

    assert await _balance(sophie, shop) == (0, 0, 351, 0)
    listed = (await sophie.gets(f"/shops/{shop.id}/payouts"))["data"]
    assert [(one["cents"], one["status"], [part["cents"] for part in one["transfers"]]) for one in listed] == [
        (351, "paid", [351])
    ]
    await town.stripe.end_payout(payout["id"], "failed", account)
    async with _work(town) as work:
        await jobs.look_at_payout(work, account, payout["id"])
        await jobs.look_at_payout(work, account, payout["id"])
    assert await _balance(sophie, shop) == (0, 351, 0, 0)
    assert await town.value("select count(*) from app.notices where event = 'payout_failed'") == 1


async def test_a_payout_is_found_although_no_event_told_of_it(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    await closed_lot(town, shop)
    account = await _onboarded(town, sophie, shop)
    await town.stripe.top_up(RICH)
    await _night(town)
    await town.stripe.webhooks("hold")
    payout = await town.stripe.pay_out(account)
    await town.stripe.end_payout(payout["id"], "paid", account)
    async with _work(town) as work:
        await jobs.look_again(work)
        assert await _balance(sophie, shop) == (0, 351, 0, 0)  # somebody has just looked
        await town.changes("update app.payout_accounts set looked_at = looked_at - interval '7 hours'")
        await jobs.look_again(work)
    assert await _balance(sophie, shop) == (0, 0, 351, 0)


@pytest.mark.parametrize("fault", ["drop_reply", "error_500_kept", "error_500_undone"])
async def test_a_lost_answer_transfers_once(town: Town, fault: str) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    account = await _onboarded(town, sophie, shop)
    await town.stripe.top_up(RICH)
    await closed_lot(town, shop)

    await town.stripe.fault("transfers.create", fault, times=9)
    assert await _night(town) == 0
    await town.stripe.no_faults()
    await closed_lot(town, shop, 798, 702)  # what comes meanwhile waits for the transfer that is not known yet
    assert await _balance(sophie, shop) == (702, 351, 0, 0)
    for _ in range(3):
        await _night(town)
    if fault == "error_500_undone":  # Stripe repeats the 500 for a day; then a new attempt is safe
        assert await _moved(town, account) == []
        await town.clock(await town.now() + timedelta(hours=25))
        await town.stripe.forget_idempotency_keys()
        await _night(town)
        await _night(town)

    assert await _moved(town, account) == [351, 702]
    assert await _balance(sophie, shop) == (0, 1053, 0, 0)


async def test_without_looking_first_a_key_that_stripe_forgot_transfers_twice(town: Town) -> None:
    """The control of the test above: a day later Stripe knows nothing of the key any more."""
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    account = await _onboarded(town, sophie, shop)
    await town.stripe.top_up(RICH)
    await closed_lot(town, shop)
    await town.stripe.fault("transfers.create", "drop_reply", times=9)
    await _night(town)
    await town.stripe.no_faults()
    await town.stripe.forget_idempotency_keys()
    await rewrite_function(town, "transfer_asked", "asked_before := t.asked_at", "asked_before := null")

    await _night(town)

    assert await _moved(town, account) == [351, 351]


async def test_an_empty_balance_waits_for_the_next_night(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    account = await _onboarded(town, sophie, shop)
    available = (await town.stripe.books())["platform"]["available_cents"]
    await town.stripe.top_up(-available)
    await closed_lot(town, shop)

    assert await _night(town) == 0
    assert (
        await town.value("select attempt || ' ' || refused_code from accounting.transfers") == "2 balance_insufficient"
    )
    assert await _balance(sophie, shop) == (0, 351, 0, 0)
    await town.stripe.top_up(RICH)
    assert await _night(town) == 1
    assert await _moved(town, account) == [351]


async def test_a_refund_after_a_refused_transfer_lowers_it(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    account = await _onboarded(town, sophie, shop)
    await town.stripe.top_up(RICH)
    lot = await closed_lot(town, shop, 810, 713)
    await town.stripe.fault("transfers.create", "lacks_funds")
    assert await _night(town) == 0

    await _refunded(town, shop, lot, 405, 356)

    assert await _night(town) == 1
    assert await _moved(town, account) == [357]
    assert await _balance(sophie, shop) == (0, 357, 0, 0)


async def test_a_refund_of_all_after_a_lost_transfer_leaves_none(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    account = await _onboarded(town, sophie, shop)
    await town.stripe.top_up(RICH)
    lot = await closed_lot(town, shop)
    await town.stripe.fault("transfers.create", "error_500_undone", times=9)
    assert await _night(town) == 0
    await town.stripe.no_faults()
    await town.stripe.forget_idempotency_keys()
    await _refunded(town, shop, lot)
    await town.clock(await town.now() + timedelta(hours=25))

    assert [await _night(town) for _ in range(2)] == [0, 0]
    assert await _moved(town, account) == []
    assert await town.value("select status from accounting.transfers") == "cancelled"
    assert await _balance(sophie, shop) == (0, 0, 0, 0)


async def test_a_refund_after_the_transfer_is_taken_back(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    account = await _onboarded(town, sophie, shop)
    await town.stripe.top_up(RICH)
    lot = await closed_lot(town, shop, 810, 713)
    await _night(town)

    await _refunded(town, shop, lot, 405, 356)
    assert await _balance(sophie, shop) == (0, 713, 0, 356)
    await _night(town)
    await _refunded(town, shop, lot, 405, 357)
    await _night(town)
    await _night(town)

    assert await _moved(town, account) == [713, -356, -357]
    assert await _balance(sophie, shop) == (0, 0, 0, 0)
    assert await _books_balance(town)


async def test_a_refund_after_the_payout_is_netted_from_later_sales(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    account = await _onboarded(town, sophie, shop)
    await town.stripe.top_up(RICH)
    lot = await closed_lot(town, shop)
    await _night(town)
    payout = await town.stripe.pay_out(account)
    await town.stripe.end_payout(payout["id"], "paid", account)

    await _refunded(town, shop, lot)
    await _night(town)
    await _night(town)
    assert await _balance(sophie, shop) == (0, 351, 0, 351)  # we have not looked at the payout yet
    odile = await town.an_admin()
    in_debt = await odile.gets("/admin/shops-in-debt")
    assert [(one["shop_id"], one["debt_cents"]) for one in in_debt] == [(str(shop.id), 351)]

    await closed_lot(town, shop, 599, 527)
    await _night(town)
    assert await _moved(town, account) == [351, 176]


async def test_without_an_account_a_shop_stops_selling_when_too_much_waits(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    await closed_lot(town, shop)
    fields = await town.lot_fields(shop)
    await sophie.posts("/lots", {**fields, "publish": True})
    await town.clock(await town.now() + timedelta(days=31))
    fields = await town.lot_fields(shop)

    refusal = await refused(sophie.posts("/lots", {**fields, "publish": True}))

    assert refusal.code == "shop.payout_account_needed"
    await sophie.posts("/lots", {**fields, "kind": "free", "price_cents": 0, "publish": True})
    await _onboarded(town, sophie, shop)
    await sophie.posts("/lots", {**fields, "publish": True})


async def test_only_owners_and_admins_read_a_shops_money(town: Town) -> None:
    sophie, marc = await town.a_merchant(), await town.a_customer()
    shop, odile = await town.a_shop(sophie), await town.an_admin()
    other = await town.a_merchant("Paul")
    await closed_lot(town, shop)
    await has_premium(town, sophie)  # for the file alone
    for path in ("balance", "ledger", "ledger.csv", "payouts", "payout-account"):
        for reader in (sophie, odile):
            assert (await reader.asks("GET", f"/shops/{shop.id}/{path}")).status_code == 200
        assert (await refused(other.gets(f"/shops/{shop.id}/{path}"))).code == "shop.not_found"
        assert (await refused(marc.gets(f"/shops/{shop.id}/{path}"))).code == "access.forbidden"
    assert (await refused(other.posts(f"/shops/{shop.id}/payout-account"))).code == "shop.not_found"
    assert (await refused(sophie.gets("/admin/disputes"))).code == "access.forbidden"


async def test_an_account_that_stripe_does_not_know_any_more_is_closed(town: Town) -> None:
    shop = await town.a_shop()
    await town.changes(
        "insert into app.payout_accounts (shop_id, stripe_account, state) values ($1, 'acct_gone', 'active')", shop.id
    )

    answer = await shop.merchant.asks("POST", f"/shops/{shop.id}/payout-account")

    assert (answer.status_code, answer.json()["code"]) == (409, "payout_account.closed")
