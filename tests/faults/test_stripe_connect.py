"""Our Stripe client and the money of shops: accounts, transfers, reversals, balances and payouts."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import stripe

from backend.stripe.balances import Balance, BalanceTransaction
from backend.stripe.client import Intent, PaymentRefused, Stripe
from backend.stripe.problems import PaymentUnavailable
from scripts.stand_ins.stripe import StripeStandIn

KEY = "sk_test_of_these_tests"
A_WHILE_AGO = datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.05)


@pytest.fixture
async def stand_in() -> AsyncIterator[StripeStandIn]:
    async with StripeStandIn(api_key=KEY) as running:
        yield running


@pytest.fixture
async def client(stand_in: StripeStandIn) -> AsyncIterator[Stripe]:
    client = Stripe(api_key=KEY, api_base=stand_in.base_url)
    yield client
    await client.aclose()


async def an_account(client: Stripe, stand_in: StripeStandIn, shop: UUID | None = None, state: str = "active") -> str:
    made = await client.create_account(shop or uuid4(), name="Au Bon Pain", email="pain@example.test")
    await stand_in.put_account(made.id, state)
    return made.id


async def a_sale(client: Stripe, stand_in: StripeStandIn, cents: int = 1000) -> Intent:
    intent = await client.create_payment_intent(uuid4(), uuid4(), cents)
    assert (await stand_in.pay(intent.client_secret))["status"] == "succeeded"
    return await client.retrieve_payment_intent(intent.id)


def summary(lines: list[BalanceTransaction]) -> list[tuple[str, int, int]]:
    """Return category, net and fee of lines, the oldest first."""
    return [(line.category, line.net_cents, line.fee_cents) for line in reversed(lines)]


async def lines_of(client: Stripe, account: str | None = None) -> list[tuple[str, int, int]]:
    return summary([line async for line in client.every_balance_transaction(A_WHILE_AGO, account=account)])


# --- accounts


async def test_an_account_is_restricted_until_its_shop_has_answered(client: Stripe, stand_in: StripeStandIn) -> None:
    shop = uuid4()
    made = await client.create_account(shop, name="Au Bon Pain", email="pain@example.test")
    assert (made.transfers, made.closed, made.shop_id) == ("restricted", False, shop)
    assert "defaults.payout_methods" in made.due
    assert await client.retrieve_account(made.id) == made

    link = await client.create_account_link(
        made.id, refresh_url="https://shop.test/again", return_url="https://shop.test"
    )
    assert link.expires_at > datetime.now(UTC)
    assert await stand_in.onboard(link.url, "pending") == "https://shop.test"
    waiting = await client.retrieve_account(made.id)
    assert (waiting.transfers, waiting.why, waiting.due) == ("pending", ("determining_status",), ())
    assert await stand_in.onboard(link.url) == "https://shop.test/again"  # a link works once

    await stand_in.put_account(made.id, "active")
    ready = await client.retrieve_account(made.id)
    assert (ready.transfers, ready.why, ready.due) == ("active", (), ())


async def test_a_shop_has_one_account_until_another_attempt(client: Stripe, stand_in: StripeStandIn) -> None:
    shop = uuid4()
    await stand_in.fault("accounts.create", "drop_reply", times=2)
    first = await client.create_account(shop, name="Au Bon Pain", email="pain@example.test")
    assert (await client.create_account(shop, name="Au Bon Pain", email="pain@example.test")).id == first.id
    assert [*(await stand_in.books())["accounts"]] == [first.id]

    await stand_in.put_account(first.id, "closed")
    assert (await client.retrieve_account(first.id)).closed
    other = await client.create_account(shop, name="Au Bon Pain", email="pain@example.test", attempt=2)
    assert other.id != first.id
    with pytest.raises(PaymentRefused):
        await client.create_account_link(
            first.id, refresh_url="https://shop.test/again", return_url="https://shop.test"
        )


async def test_the_v2_api_tries_again_what_answered_500(client: Stripe, stand_in: StripeStandIn) -> None:
    shop = uuid4()
    await stand_in.fault("accounts.create", "error_500_undone")
    await client.create_account(shop, name="Au Bon Pain", email="pain@example.test")
    await stand_in.fault("accounts.create", "error_500_kept")
    await client.create_account(uuid4(), name="Au Bon Pain", email="pain@example.test")
    assert len((await stand_in.books())["accounts"]) == 2


async def test_shops_are_paid_out_weekly_and_we_by_hand(client: Stripe, stand_in: StripeStandIn) -> None:
    account = await an_account(client, stand_in)
    assert (await client.payout_rhythm(account)).interval == "daily"
    for _ in range(2):
        weekly = await client.pay_out_weekly(account)
    assert (weekly.interval, weekly.weekdays, weekly.enabled) == ("weekly", ("monday",), True)
    assert await client.payout_rhythm(account) == weekly
    assert (await client.pay_out_by_hand()).interval == "manual"
    assert (await client.payout_rhythm()).interval == "manual"


# --- transfers and reversals


async def test_a_transfer_moves_money_once_per_attempt(client: Stripe, stand_in: StripeStandIn) -> None:
    account, sale, ours = await an_account(client, stand_in), await a_sale(client, stand_in), uuid4()
    await stand_in.fault("transfers.create", "drop_reply", times=2)
    made = await client.create_transfer(ours, 1, account=account, cents=880)
    again = await client.create_transfer(ours, 1, account=account, cents=880)
    assert made == again
    assert (made.cents, made.account, made.group, made.transfer_id) == (880, account, str(ours), ours)
    assert await client.find_transfers(ours) == [made]
    assert await client.retrieve_transfer(made.id) == made
    assert await client.balance() == Balance(1000 - 40 - 880, 0)
    assert await client.balance(account) == Balance(880, 0)
    assert await lines_of(client) == [("charge", 960, 40), ("transfer", -880, 0)]
    assert await lines_of(client, account) == [("charge", 880, 0)]
    assert sale.charge_id is not None


async def test_a_lack_of_funds_is_certain_and_repeated_for_its_key(client: Stripe, stand_in: StripeStandIn) -> None:
    account, ours = await an_account(client, stand_in), uuid4()
    await stand_in.terms(available_after_seconds=3 * 86_400)
    await a_sale(client, stand_in)
    assert await client.balance() == Balance(0, 960)
    with pytest.raises(PaymentRefused) as poor:
        await client.create_transfer(ours, 1, account=account, cents=880)
    assert (poor.value.lacks_funds, poor.value.certain) == (True, True)

    await stand_in.clock(ahead_seconds=3 * 86_400)
    assert await client.balance() == Balance(960, 0)
    with pytest.raises(PaymentRefused) as replayed:
        await client.create_transfer(ours, 1, account=account, cents=880)
    assert replayed.value.lacks_funds
    await client.create_transfer(ours, 2, account=account, cents=880)
    assert await client.balance(account) == Balance(880, 0)


@pytest.mark.parametrize(("mode", "made"), [("error_500_kept", 1), ("error_500_undone", 0), ("drop_reply", 1)])
async def test_looking_up_the_group_says_what_a_lost_answer_did(
    client: Stripe, stand_in: StripeStandIn, mode: str, made: int
) -> None:
    account, ours = await an_account(client, stand_in), uuid4()
    await a_sale(client, stand_in)
    await stand_in.fault("transfers.create", mode, times=3)
    for _ in range(2 if mode != "drop_reply" else 1):  # a kept 500 is the answer for a day
        with pytest.raises(PaymentUnavailable):
            await client.create_transfer(ours, 1, account=account, cents=880)
    await stand_in.no_faults()
    assert len(await client.find_transfers(ours)) == made


async def test_only_an_answer_about_the_key_itself_is_a_certain_refusal(
    client: Stripe, stand_in: StripeStandIn
) -> None:
    account, ours = await an_account(client, stand_in), uuid4()
    await a_sale(client, stand_in)
    await client.create_transfer(ours, 1, account=account, cents=880)
    with pytest.raises(PaymentRefused) as other_amount:
        await client.create_transfer(ours, 1, account=account, cents=881)
    stranger = Stripe(api_key="sk_test_revoked", api_base=stand_in.base_url)
    with pytest.raises(PaymentRefused) as revoked:
        await stranger.create_transfer(ours, 1, account=account, cents=880)
    await stranger.aclose()
    assert (other_amount.value.certain, revoked.value.certain) == (False, False)

    await stand_in.put_account(account, "restricted")
    with pytest.raises(PaymentRefused) as restricted:
        await client.create_transfer(uuid4(), 1, account=account, cents=1)
    assert restricted.value.certain
    assert restricted.value.code == "insufficient_capabilities_for_transfer"


async def test_a_transfer_of_a_charge_waits_for_its_money(client: Stripe, stand_in: StripeStandIn) -> None:
    account = await an_account(client, stand_in)
    await stand_in.terms(available_after_seconds=86_400)
    sale = await a_sale(client, stand_in)
    made = await client.create_transfer(uuid4(), 1, account=account, cents=880, source_charge=sale.charge_id)
    assert made.source_charge == sale.charge_id
    assert (await client.balance(), await client.balance(account)) == (Balance(0, 80), Balance(0, 880))
    with pytest.raises(PaymentRefused) as more_than_the_charge:
        await client.create_transfer(uuid4(), 1, account=account, cents=121, source_charge=sale.charge_id)
    assert not more_than_the_charge.value.lacks_funds
    await stand_in.clock(ahead_seconds=86_400)
    assert (await client.balance(), await client.balance(account)) == (Balance(80, 0), Balance(880, 0))


async def test_a_reversal_needs_the_balance_of_the_shop(client: Stripe, stand_in: StripeStandIn) -> None:
    account, back = await an_account(client, stand_in), uuid4()
    await a_sale(client, stand_in)
    transfer = await client.create_transfer(uuid4(), 1, account=account, cents=880)
    await stand_in.pay_out(account, 600)
    with pytest.raises(PaymentRefused) as poor:
        await client.reverse_transfer(transfer.id, back, 1, 300)
    assert (poor.value.lacks_funds, poor.value.certain) == (True, True)

    await stand_in.fault("reversals.create", "drop_reply", times=1)
    taken = await client.reverse_transfer(transfer.id, back, 2, 280)
    assert (taken.cents, taken.transfer, taken.reversal_id) == (280, transfer.id, back)
    assert await client.reversals_of(transfer.id) == [taken]
    assert (await client.retrieve_transfer(transfer.id)).reversed_cents == 280
    assert (await client.balance(account)).available_cents == 0
    assert await lines_of(client) == [("charge", 960, 40), ("transfer", -880, 0), ("transfer_reversal", 280, 0)]
    with pytest.raises(PaymentRefused):
        await client.reverse_transfer(transfer.id, uuid4(), 1, 601)


# --- balances and payouts


async def test_balances_are_the_sum_of_their_transactions_and_paged(
    client: Stripe, stand_in: StripeStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.stripe.balances.PAGE", 2)
    for cents in (399, 405, 450):
        await a_sale(client, stand_in, cents)
    first = await client.balance_transactions(A_WHILE_AGO)
    assert ([line.cents for line in first.lines], first.next) == ([450, 405], first.lines[-1].id)
    second = await client.balance_transactions(A_WHILE_AGO, after=first.next)
    assert ([line.cents for line in second.lines], second.next) == ([399], None)
    lines = [line async for line in client.every_balance_transaction(A_WHILE_AGO)]
    assert [line.fee_cents for line in lines] == [32, 31, 31]
    assert sum(line.net_cents for line in lines) == (await client.balance()).available_cents
    assert await client.retrieve_balance_transaction(lines[0].id) == lines[0]
    books = (await stand_in.books())["platform"]
    assert [line["id"] for line in books["balance_transactions"]] == [line.id for line in reversed(lines)]


async def test_an_automatic_payout_lists_its_lines_and_can_fail_later(client: Stripe, stand_in: StripeStandIn) -> None:
    account = await an_account(client, stand_in)
    await a_sale(client, stand_in, 3000)
    for cents in (880, 351):
        await client.create_transfer(uuid4(), 1, account=account, cents=cents)
    made = await stand_in.pay_out(account)
    (payout,) = await client.payouts_since(A_WHILE_AGO, account)
    assert (payout.id, payout.cents, payout.status, payout.automatic) == (made["id"], 1231, "pending", True)
    assert payout.reconciliation == "completed"
    assert summary(await client.payout_lines(payout.id, account)) == [("charge", 880, 0), ("charge", 351, 0)]
    assert await client.balance(account) == Balance(0, 0)
    assert await client.payouts_since(A_WHILE_AGO) == []

    await stand_in.end_payout(payout.id, "paid", account)
    assert (await client.retrieve_payout(payout.id, account)).status == "paid"
    await stand_in.end_payout(payout.id, "failed", account)
    failed = await client.retrieve_payout(payout.id, account)
    assert (failed.status, failed.failure_code) == ("failed", "account_closed")
    assert failed.failure_transaction is not None
    assert await client.balance(account) == Balance(1231, 0)
    again = await stand_in.pay_out(account)
    assert summary(await client.payout_lines(again["id"], account)) == [("payout_reversal", 1231, 0)]


async def test_a_fee_is_known_only_once_stripe_has_settled_the_charge(client: Stripe, stand_in: StripeStandIn) -> None:
    await stand_in.terms(settled_after_seconds=3600)
    sale = await a_sale(client, stand_in)
    assert await lines_of(client) == []
    assert sale.charge_id is not None
    assert (await client.retrieve_charge(sale.charge_id)).line is None
    await client.refund_payment_intent(sale.id, uuid4(), 400)  # settles it first
    assert await lines_of(client) == [("charge", 960, 40), ("refund", -400, 0)]
    charge = await client.retrieve_charge(sale.charge_id)
    assert (charge.cents, charge.refunded_cents, charge.disputed) == (1000, 400, False)
    assert charge.line is not None
    assert (charge.line.net_cents, charge.line.fee_cents) == (960, 40)


async def test_every_refund_of_a_payment_is_listed_with_what_became_of_it(
    client: Stripe, stand_in: StripeStandIn
) -> None:
    sale, ours = await a_sale(client, stand_in), uuid4()
    await client.refund_payment_intent(sale.id, ours, 300)
    by_hand = await stand_in.refund_in_dashboard(sale.id, 200)
    await stand_in.fail_refund(by_hand["id"])
    await stand_in.fault("refunds.create", "lacks_funds")
    waiting = await client.refund_payment_intent(sale.id, ours, 400)
    refunds = await client.refunds_of(sale.id)
    assert [(one.cents, one.status, one.payment_id, one.stands) for one in refunds] == [
        (100, "pending", ours, True),
        (200, "failed", None, False),
        (300, "succeeded", ours, True),
    ]
    assert await lines_of(client) == [
        ("charge", 960, 40), ("refund", -300, 0), ("refund", -200, 0), ("refund_failure", 200, 0),
    ]  # fmt: skip
    lines = {line.id: line async for line in client.every_balance_transaction(A_WHILE_AGO)}
    assert lines[refunds[1].failure_transaction or ""].cents == 200
    await stand_in.complete_refund(waiting)
    assert (await client.retrieve_refund(waiting)).status == "succeeded"
    assert (await client.balance()).available_cents == 960 - 300 - 100


# --- disputes


@pytest.mark.parametrize(
    ("outcomes", "net"),
    [(["won"], -2000), (["lost"], -2399), (["lost", "reinstated"], -2000), ([], -2399)],
)
async def test_a_dispute_takes_the_money_and_a_fee_until_it_is_won(
    client: Stripe, stand_in: StripeStandIn, outcomes: list[str], net: int
) -> None:
    sale = await a_sale(client, stand_in, 399)
    opened = await stand_in.dispute(sale.id)
    for outcome in outcomes:
        await stand_in.decide_dispute(opened["id"], outcome)
    (dispute,) = await client.disputes_since(A_WHILE_AGO)
    assert dispute == await client.retrieve_dispute(opened["id"])
    assert (dispute.charge_id, dispute.intent_id, dispute.cents) == (sale.charge_id, sale.id, 399)
    assert dispute.status == (outcomes[0] if outcomes else "needs_response")
    assert dispute.net_cents == net
    assert (await client.balance()).available_cents == 399 - 31 + net
    events = await stand_in.events()
    assert ("charge.dispute.funds_reinstated" in events) == (net == -2000)


async def test_a_disputed_payment_is_refunded_only_after_it_was_won(client: Stripe, stand_in: StripeStandIn) -> None:
    for outcome in ("won", "lost"):
        sale, ours = await a_sale(client, stand_in, 399), uuid4()
        opened = await stand_in.dispute(sale.id)
        with pytest.raises(PaymentRefused) as refused:
            await client.refund_payment_intent(sale.id, ours, 399)
        assert refused.value.code == "charge_disputed"
        await stand_in.decide_dispute(opened["id"], outcome)
        await stand_in.forget_idempotency_keys()  # a day later
        if outcome == "won":
            await client.refund_payment_intent(sale.id, ours, 399)
        else:
            with pytest.raises(PaymentRefused):
                await client.refund_payment_intent(sale.id, ours, 399)
        assert sum(one.cents for one in await client.refunds_of(sale.id)) == (399 if outcome == "won" else 0)


async def test_an_inquiry_takes_nothing_until_it_becomes_a_dispute(client: Stripe, stand_in: StripeStandIn) -> None:
    sale = await a_sale(client, stand_in, 399)
    opened = await stand_in.dispute(sale.id, inquiry=True)
    asked = await client.retrieve_dispute(opened["id"])
    assert (asked.status, asked.net_cents) == ("warning_needs_response", 0)
    await stand_in.decide_dispute(opened["id"], "escalated")
    assert (await client.retrieve_dispute(opened["id"])).net_cents == -2399
