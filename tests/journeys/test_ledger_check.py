"""The check of the ledger: it agrees with Stripe to the cent after any history, and finds each kind of difference."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from backend.ledger import jobs as ledger
from backend.ledger.check import Found
from backend.payouts.jobs import look_at_account_and_payouts
from backend.settings import settings
from backend.worker import working
from tests.journeys.test_ledger import HOUR, balance, collected, nights_pass, postings
from tests.startup.commands import ecopanier
from tests.town import Town
from tests.town.databases import WORKER


async def checked(town: Town) -> Found:
    async with working(settings()) as (work, _):
        return await ledger.check_ledger(work, look_at_account_and_payouts)


async def kinds(town: Town) -> list[str]:
    return [one.kind for one in (await checked(town)).differences]


@pytest.fixture
async def balanced(town: Town) -> Town:
    """Return a town whose ledger begins with the balance that other tests left at the same Stripe."""
    await town.ensure_served()
    await asyncio.sleep(1)  # Stripe's lists begin at a whole second
    left = (await town.stripe.books())["platform"]
    cents = left["available_cents"] + left["pending_cents"]
    before = {
        "id": f"txn_{uuid4().hex}",
        "net": cents,
        "fee": 0,
        "category": "topup",
        "created_at": "2020-01-01T00:00Z",
    }
    await town.changes(
        "select app.store_balance_transactions('', $1)", json.dumps([{**before, "available_on": before["created_at"]}])
    )
    await town.changes("select app.balance_was_read('', now() + interval '3 days')")
    return town


async def some_history(town: Town) -> None:
    """Sell, cancel, refund by hand, let a refund fail, give, collect, and close."""
    lot = await town.a_lot(left=9, price_cents=405)
    marc, zoe, amina = await town.a_customer(), await town.a_customer("Zoé"), await town.a_beneficiary()
    await marc.cancels(await marc.buys(lot))
    kept = await marc.buys(lot, 2)
    await zoe.gives(lot, 2)
    taken = await amina.reserves(await town.suspended_lot_of(lot))
    await town.worker_runs()
    await town.opens(lot)
    for holder, reservation in ((marc, kept), (amina, taken)):
        await lot.shop.merchant.hands_over(await holder.pass_for(reservation))
    await town.clock(lot.pickup_end + HOUR)
    await town.worker_runs()
    intent = await town.value("select stripe_payment_intent from app.payments where reservation_id = $1", kept.id)
    failing = await town.stripe.refund_in_dashboard(intent, 5)
    await town.stripe.fail_refund(failing["id"])
    await nights_pass(town)
    await town.stripe.refund_in_dashboard(intent, 100)
    await town.stripe.webhooks_quiet()
    await town.worker_runs()


async def test_the_ledger_equals_stripes_own_books_to_the_cent(balanced: Town) -> None:
    town = balanced
    await some_history(town)
    found = await checked(town)
    assert found.differences == ()
    books = (await town.stripe.books())["platform"]
    assert await balance(town, "stripe") == books["available_cents"] + books["pending_cents"]
    ids = {row["id"] for row in await town.rows("select id from accounting.stripe_balance_transactions")}
    stored = len(ids)
    lines = [line for line in books["balance_transactions"] if line["id"] in ids]
    assert len(lines) == stored - 1, "all but what was there before"
    fees = sum(line["fee"] for line in lines)
    assert await balance(town, "fees") == fees > 0
    # Read again, nothing is new.
    assert (await checked(town)).differences == ()
    assert await town.value("select count(*) from accounting.stripe_balance_transactions") == stored
    assert await balance(town, "fees") == fees


async def test_the_check_posts_what_no_event_told_of(balanced: Town) -> None:
    town = balanced
    lot = await town.a_lot(left=3, price_cents=405)
    marc = await town.a_customer()
    await marc.buys(lot, 2)
    await town.stripe.webhooks("hold")
    intent = await town.value("select stripe_payment_intent from app.payments")
    await town.stripe.refund_in_dashboard(intent, 100)
    assert (await checked(town)).differences == ()
    assert await balance(town, "held") == -710
    assert await kinds(town) == []
    await town.stripe.webhooks("release")


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("update accounting.lines set cents = cents - 1 where cents = -100", "unbalanced"),
        ("insert into accounting.postings (kind, source, event_at) values ('sale', 'pi_x', now())", "empty"),
        ("update app.payments set refunded_cents = refunded_cents + 1 where status = 'succeeded'", "refunded"),
        ("update accounting.closed_lots set net_cents = net_cents - 1, vat_cents = vat_cents + 1", "closed_lots"),
        (
            "update accounting.lines n set cents = n.cents * 2 from accounting.postings p"
            " where p.id = n.posting_id and p.kind = 'refund_failed'",
            "amount",
        ),
        ("update accounting.stripe_balance_transactions set net = net + 1 where category = 'charge'", "amount"),
    ],
)  # fmt: skip
async def test_the_check_finds_what_was_changed_past_the_acts(balanced: Town, change: str, kind: str) -> None:
    town = balanced
    await some_history(town)
    assert await kinds(town) == []
    await town.changes("set session_replication_role = replica")
    await town.changes(change)
    assert kind in await kinds(town)


async def test_transfers_between_stripe_and_the_bank_are_posted(balanced: Town) -> None:
    town = balanced
    bank = await balance(town, "bank")
    await town.stripe.top_up(1000)
    paid_out = await town.stripe.pay_out(None, 400)
    await town.stripe.end_payout(paid_out["id"], "failed")
    await town.stripe.pay_out(None, 300)
    assert await kinds(town) == []
    assert await balance(town, "bank") == bank - 1000 + 300


async def test_the_check_finds_money_at_stripe_that_the_ledger_does_not_know(balanced: Town) -> None:
    town = balanced
    await town.changes(
        "insert into accounting.stripe_balance_transactions"
        " values ($1, null, -5, 0, 'other_adjustment', null, null, now(), now())",
        f"txn_{uuid4().hex}",
    )
    assert await kinds(town) == ["stripe_balance"], "its posting may be under way"
    await town.clock((await town.now()) + 2 * HOUR)
    assert await kinds(town) == ["unknown", "stripe_balance"]


async def test_the_check_finds_a_sale_that_stripe_does_not_know(balanced: Town) -> None:
    town = balanced
    await town.changes(
        "select app.post('sale', 'pi_x', $1, now() - interval '4 days',"
        " array[app.ledger_account('stripe'), app.ledger_account('held')], '{399,-399}')",
        uuid4(),
    )
    assert await kinds(town) == ["not_at_stripe"]


async def test_admins_are_told_once_a_day_and_read_the_differences(balanced: Town) -> None:
    town = balanced
    admin, marc = await town.an_admin(), await town.a_customer()
    before: dict[str, Any] = await admin.gets("/admin/ledger/differences")
    assert (before["checked_at"], before["count"]) == (None, 0)
    reservation = uuid4()
    await town.changes(
        "select app.post('sale', 'pi_x', $1, now() - interval '4 days',"
        " array[app.ledger_account('stripe'), app.ledger_account('held')], '{399,-399}')",
        reservation,
    )
    for _ in range(2):
        await checked(town)
    await town.worker_runs()
    seen = await admin.gets("/admin/ledger/differences")
    assert (seen["lines"], seen["count"]) == (await town.value("select count(*) from accounting.lines"), 1)
    assert seen["differences"] == [
        {
            "kind": "not_at_stripe",
            "source": "pi_x",
            "reservation_id": str(reservation),
            "shop_id": None,
            "cents": 399,
        }
    ]
    assert len(list((town.folder / "mails").glob("*-ledger_differs.eml"))) == 1
    for path in ("/admin/ledger", "/admin/ledger/differences"):
        assert (await marc.asks("GET", path)).status_code == 403


async def test_admins_read_the_ledger_by_account_shop_reservation_and_time(town: Town) -> None:
    admin = await town.an_admin()
    lot, other = await town.a_lot(left=3, price_cents=399), await town.a_lot(left=3, price_cents=599)
    bought = await collected(town, await town.a_customer(), lot)
    await collected(town, await town.a_customer("Zoé"), other)
    await nights_pass(town)

    async def found(**asked: Any) -> list[str]:
        return [posting["kind"] for posting in (await admin.gets("/admin/ledger", **asked))["data"]]

    assert sorted(await found()) == ["earned", "earned", "sale", "sale"]
    assert await found(account="commission") == ["earned", "earned"]
    assert await found(shop_id=str(lot.shop.id)) == ["earned"]
    assert await found(reservation_id=str(bought.id)) == ["earned", "sale"]
    assert await found(account="shop", reservation_id=str(bought.id)) == ["earned"]
    now = (await town.now()).isoformat()
    assert await found(since=now) == []
    assert len(await found(until=now)) == 4
    first = await admin.gets("/admin/ledger", limit=3)
    rest = await admin.gets("/admin/ledger", limit=3, after=first["next"])
    assert ([len(first["data"]), len(rest["data"])], rest["has_more"]) == ([3, 1], False)
    (earned,) = (await admin.gets("/admin/ledger", shop_id=str(lot.shop.id)))["data"]
    assert {(line["account"], line["shop_id"], line["cents"]) for line in earned["lines"]} == {
        ("held", None, 399), ("vat", None, -8), ("commission", None, -40), ("shop", str(lot.shop.id), -351)
    }  # fmt: skip


async def test_the_command_exits_with_1_if_something_differs(balanced: Town) -> None:
    town = balanced
    await some_history(town)
    said = await ecopanier(town, "ledger", "check", **_ways(town))
    assert (said.status, "0 differences." in said.text) == (0, True), said.text
    await town.changes("update app.payments set refunded_cents = refunded_cents + 1 where status = 'succeeded'")
    said = await ecopanier(town, "ledger", "check", "--no-stripe", **_ways(town))
    assert (said.status, "refunded pi_" in said.text) == (1, True), said.text


def _ways(town: Town) -> dict[str, str]:
    """Return the environment in which a command finds the worker's login and the Stripe of a town."""
    return {
        "ECOPANIER_WORKER_DATABASE_URL": town.copy.url(WORKER),
        "STRIPE_API_KEY": town.stripe.api_key,
        "STRIPE_API_BASE": town.stripe.base_url,
    }


async def test_payments_of_before_the_ledger_are_posted_and_then_earned(balanced: Town) -> None:
    town = balanced
    lot = await town.a_lot(left=9, price_cents=399)
    marc, zoe = await town.a_customer(), await town.a_customer("Zoé")
    await collected(town, marc, lot)
    await town.clock(lot.pickup_end + HOUR)
    await town.worker_runs()
    other = await town.a_lot(left=9, price_cents=599)
    await zoe.cancels(await zoe.buys(other))
    await town.worker_runs()
    await town.changes(
        "set session_replication_role = replica; delete from accounting.lines n using accounting.postings p"
        " where p.id = n.posting_id and p.kind in ('sale', 'refund'); delete from accounting.postings"
        " where kind in ('sale', 'refund'); set session_replication_role = default"
    )
    await nights_pass(town)
    assert await town.value("select count(*) from accounting.closed_lots") == 0, "it waits for its sale"
    assert await kinds(town) == []
    assert (await balance(town, "held"), await balance(town, "shop")) == (-399, 0)
    await nights_pass(town, 1)
    assert (await balance(town, "held"), await balance(town, "shop")) == (0, -351)
    assert await kinds(town) == []


async def test_after_ten_years_postings_become_sums_and_balances_stay(balanced: Town) -> None:
    town = balanced
    await some_history(town)
    assert await kinds(town) == []
    before = await _balances(town)
    await town.clock((await town.now()) + 365.25 * 10 * 24 * HOUR)
    await _prunes(town)
    assert await town.value("select count(*) from accounting.closed_lots") == 1, "ten years from the end of the year"
    await town.clock((await town.now()) + 366 * 24 * HOUR)
    await _prunes(town)
    assert await town.value("select array_agg(distinct kind) from accounting.postings") == ["carried"]
    left = "select count(*) from (select lot_id from accounting.closed_lots union all select lot_id from"
    assert await town.value(left + " accounting.closed_lot_corrections) x") == 0
    assert await town.value("select count(*) from accounting.stripe_balance_transactions") == 0
    assert await _balances(town) == before
    carried = await postings(town)
    await _prunes(town)
    assert await postings(town) == carried


async def _balances(town: Town) -> list[tuple[int, int]]:
    rows = await town.rows(
        "select account_id, sum(cents)::bigint from accounting.lines group by account_id"
        " having sum(cents) <> 0 order by 1"
    )
    return [(row[0], row[1]) for row in rows]


async def _prunes(town: Town) -> None:
    async with working(settings()) as (work, _):
        while await work.acts.value("prune", most=1000):
            pass
        await ledger.carry_forward(work)
