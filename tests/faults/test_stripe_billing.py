"""Our Stripe client and subscriptions: the page to subscribe, the portal, renewals, cards that fail, and the end."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx2
import pytest
import stripe

from backend.stripe.billing import Subscription
from backend.stripe.client import PaymentRefused, Stripe
from scripts.stand_ins.stripe import StripeStandIn

KEY = "sk_test_of_these_tests"
CENTS = 2399
A_WHILE_AGO = datetime.now(UTC) - timedelta(hours=1)
BACK = "https://shop.test/subscription"


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


async def a_page(
    client: Stripe, account: UUID, *, trial_days: int = 0, row: UUID | None = None
) -> tuple[str, str, str]:
    """Return the customer, the session's id and the address of a page to subscribe."""
    customer = await client.create_customer(account, email="shop@example.test")
    page = await client.create_subscription_checkout(
        row or uuid4(),
        customer=customer,
        account_id=account,
        cents=CENTS,
        name="Premium",
        back=BACK,
        language="fr",
        trial_days=trial_days,
    )
    assert (page.status, page.subscription) == ("open", None)
    assert page.url is not None
    return customer, page.id, page.url


async def a_subscription(client: Stripe, stand_in: StripeStandIn, trial_days: int = 0) -> Subscription:
    account = uuid4()
    _, session, url = await a_page(client, account, trial_days=trial_days)
    assert await stand_in.pay_on_page(url) == 303
    done = await client.retrieve_checkout(session)
    assert done.status == "complete"
    assert done.subscription is not None
    subscription = await client.retrieve_subscription(done.subscription)
    assert subscription.account_id == account
    return subscription


async def test_a_page_that_is_paid_begins_a_subscription(client: Stripe, stand_in: StripeStandIn) -> None:
    account, row = uuid4(), uuid4()
    customer, session, url = await a_page(client, account, row=row)
    assert await a_page(client, account, row=row) == (customer, session, url)
    assert await stand_in.pay_on_page(url, "pm_card_chargeDeclined") == 402
    assert await client.subscriptions_of(customer) == []
    assert await stand_in.pay_on_page(url) == 303

    (begun,) = await client.subscriptions_of(customer)
    assert (begun.status, begun.cents, begun.customer, begun.account_id) == ("active", CENTS, customer, account)
    assert timedelta(days=28) <= begun.period_ends_at - begun.period_starts_at <= timedelta(days=31, hours=2)
    assert begun.latest_invoice is not None
    paid = await client.retrieve_invoice(begun.latest_invoice)
    assert (paid.status, paid.cents, paid.paid_cents, paid.subscription) == ("paid", CENTS, CENTS, begun.id)
    assert (paid.period_starts_at, paid.period_ends_at) == (begun.period_starts_at, begun.period_ends_at)
    assert paid.paid_at is not None
    assert paid.intent_id is not None
    assert (await client.retrieve_payment_intent(paid.intent_id)).status == "succeeded"
    assert await client.invoices_since(A_WHILE_AGO, subscription=begun.id) == [paid]
    assert (await client.balance()).available_cents == CENTS - 36 - 25


async def test_a_trial_costs_nothing_until_it_is_over(client: Stripe, stand_in: StripeStandIn) -> None:
    trial = await a_subscription(client, stand_in, trial_days=30)
    assert trial.status == "trialing"
    assert trial.trial_ends_at == trial.period_ends_at
    (nothing,) = await client.invoices_since(A_WHILE_AGO)
    assert (nothing.status, nothing.cents, nothing.intent_id) == ("paid", 0, None)

    await stand_in.renew(trial.id)
    active = await client.retrieve_subscription(trial.id)
    assert active.status == "active"
    assert [invoice.paid_cents for invoice in await client.invoices_since(A_WHILE_AGO)] == [CENTS, 0]


async def test_a_card_that_fails_makes_it_past_due_until_it_is_paid(client: Stripe, stand_in: StripeStandIn) -> None:
    begun = await a_subscription(client, stand_in)
    await stand_in.change_card(begun.customer, "pm_card_authenticationRequired")
    await stand_in.renew(begun.id)
    late = await client.retrieve_subscription(begun.id)
    assert late.status == "past_due"
    assert late.period_starts_at >= begun.period_starts_at
    unpaid = await client.retrieve_invoice(late.latest_invoice or "")
    assert (unpaid.status, unpaid.paid_cents, unpaid.attempts, unpaid.intent_id) == ("open", 0, 1, None)
    assert unpaid.next_attempt_at is not None
    events = await stand_in.events()
    assert {"invoice.payment_failed", "invoice.payment_action_required", "customer.subscription.updated"} <= set(events)

    await stand_in.change_card(begun.customer, "pm_card_visa")
    await stand_in.retry_invoice(begun.id)
    assert (await client.retrieve_subscription(begun.id)).status == "active"
    paid = await client.retrieve_invoice(unpaid.id)
    assert (paid.status, paid.attempts, paid.next_attempt_at) == ("paid", 2, None)

    await stand_in.change_card(begun.customer, "pm_card_chargeDeclined")
    await stand_in.renew(begun.id)
    await stand_in.change_subscription(begun.id, "give_up")
    ended = await client.retrieve_subscription(begun.id)
    assert (ended.status, ended.ended_at is not None) == ("canceled", True)


async def test_the_portal_ends_a_subscription_with_its_month(client: Stripe, stand_in: StripeStandIn) -> None:
    begun = await a_subscription(client, stand_in)
    portal = await client.create_portal_session(begun.customer, back=BACK, language="fr")
    again = Stripe(api_key=KEY, api_base=stand_in.base_url)  # another process finds the same configuration
    await again.create_portal_session(begun.customer, back=BACK, language="en")
    assert again._portal_configuration == client._portal_configuration
    await again.aclose()
    async with httpx2.AsyncClient(trust_env=False) as browser:
        assert "Résilier" in (await browser.get(portal)).text
        assert (await browser.post(portal, data={"act": "cancel_later", "of": begun.id})).status_code == 303
        assert (await browser.post(portal, data={"act": "cancel_later", "of": "sub_another"})).status_code == 400
    leaving = await client.retrieve_subscription(begun.id)
    assert (leaving.status, leaving.cancels_at) == ("active", begun.period_ends_at)

    await stand_in.renew(begun.id)
    ended = await client.retrieve_subscription(begun.id)
    assert ended.status == "canceled"
    assert [one.status for one in await client.subscriptions_of(begun.customer)] == ["canceled"]
    with pytest.raises(PaymentRefused):
        await client.cancel_subscription(begun.id)
    assert "customer.subscription.deleted" in await stand_in.events()


async def test_a_subscription_can_be_ended_at_once(client: Stripe, stand_in: StripeStandIn) -> None:
    begun = await a_subscription(client, stand_in)
    assert (await client.cancel_subscription(begun.id)).status == "canceled"


@pytest.mark.parametrize("fault", [None, "drop_before", "drop_reply", "error_500"])
async def test_a_customer_is_deleted_once(client: Stripe, stand_in: StripeStandIn, fault: str | None) -> None:
    begun = await a_subscription(client, stand_in)
    if fault is not None:
        await stand_in.fault("customers.delete", fault)

    await client.delete_customer(begun.customer)
    await client.delete_customer(begun.customer)

    assert (await stand_in.events()).count("customer.deleted") == 1
    assert [one.status for one in await client.subscriptions_of(begun.customer)] == ["canceled"]
    assert await client.subscriptions_of("cus_unknown") == []
    with pytest.raises(PaymentRefused):
        await client.create_portal_session(begun.customer, back=BACK, language="fr")
    with pytest.raises(PaymentRefused):
        await client.create_subscription_checkout(
            uuid4(), customer=begun.customer, account_id=uuid4(), cents=CENTS, name="x", back=BACK, language="fr"
        )
