"""The stand-in's objects carry the fields of Stripe's official types, and what we send are their typed parameters.

Both are compared with the annotations of Stripe's SDK, so a new version of it that changes them fails here.
"""

import types
import typing
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import stripe
import typing_extensions
from stripe import _stripe_object as stripe_object
from stripe import params
from stripe._stripe_service import StripeService
from stripe.params import billing_portal, checkout
from stripe.params.v2 import core

from backend.stripe.client import Stripe
from scripts.stand_ins.stripe import StripeStandIn
from scripts.stand_ins.stripe.books import dated
from scripts.stand_ins.stripe.objects import shown

KEY = "sk_test_of_these_tests"
A_WHILE_AGO = datetime.now(UTC) - timedelta(hours=1)

OBJECTS: dict[str, type] = {
    "payment_intent": stripe.PaymentIntent,
    "charge": stripe.Charge,
    "refund": stripe.Refund,
    "dispute": stripe.Dispute,
    "event": stripe.Event,
    "checkout.session": stripe.checkout.Session,
    "balance_transaction": stripe.BalanceTransaction,
    "transfer": stripe.Transfer,
    "transfer_reversal": stripe.TransferReversal,
    "payout": stripe.Payout,
    "customer": stripe.Customer,
    "subscription": stripe.Subscription,
    "subscription_item": stripe.SubscriptionItem,
    "invoice": stripe.Invoice,
    "line_item": stripe.InvoiceLineItem,
    "invoice_payment": stripe.InvoicePayment,
    "price": stripe.Price,
    "plan": stripe.Plan,
    "billing_portal.configuration": stripe.billing_portal.Configuration,
    "billing_portal.session": stripe.billing_portal.Session,
    "v2.core.account": stripe.v2.core.Account,
    "v2.core.account_link": stripe.v2.core.AccountLink,
    "v2.core.event": stripe.v2.core.Event,
    "outcome of a charge": stripe.Charge.Outcome,
    "card of a charge": stripe.Charge.PaymentMethodDetails.Card,
    "account of the v1 API": stripe.Account,
}

# Fields that Stripe shows only if `expand` or `include` asks for them, or only of what was deleted.
ONLY_IF_ASKED = {
    "charge": {"refunds"},
    "customer": {"cash_balance", "deleted", "invoice_credit_balance", "sources", "subscriptions", "tax", "tax_ids"},
    "checkout.session": {"line_items"},
    "invoice": {"confirmation_secret", "deleted", "payments"},
    "subscription_item": {"current_trial", "deleted"},
    "price": {"currency_options", "deleted", "tiers"},
    "plan": {"deleted", "tiers"},
    "account of the v1 API": {"deleted"},
    # Of another account's events only; changes and snapshots only of some types.
    "event": {"account"},
    "v2.core.event": {"changes", "snapshot_event"},
}
# What a notification of a thin event has besides, of which the SDK makes a class for each type.
BESIDES = {"v2.core.event": {"related_object"}}


@pytest.fixture
async def stand_in() -> AsyncIterator[StripeStandIn]:
    async with StripeStandIn(api_key=KEY) as running:
        yield running


async def everything(client: Stripe, stand_in: StripeStandIn) -> None:
    """Make one of every object, by every call that our client makes."""
    intent = await client.create_payment_intent(uuid4(), uuid4(), 5000)
    await stand_in.pay(intent.client_secret)
    intent = await client.retrieve_payment_intent(intent.id)
    await client.find_payment_intent(uuid4())
    await client.cancel_payment_intent((await client.create_payment_intent(uuid4(), uuid4(), 400)).id, uuid4())
    await client.retrieve_charge(intent.charge_id or "")
    refund = await client.refund_payment_intent(intent.id, uuid4(), 400)
    await client.retrieve_refund(refund)
    await client.refunds_since(A_WHILE_AGO)
    await client.events_since(A_WHILE_AGO, "refund.failed")
    page = await client.create_checkout(
        uuid4(), uuid4(), 400, name="Lot", back="https://a.test", expires_at=datetime.now(UTC) + timedelta(hours=1),
        language="fr",
    )  # fmt: skip
    await client.expire_checkout((await client.retrieve_checkout(page.id)).id, uuid4())

    account = (await client.create_account(uuid4(), name="Pain", email="pain@example.test")).id
    await client.create_account_link(account, refresh_url="https://a.test/again", return_url="https://a.test")
    await stand_in.put_account(account, "active")
    await client.retrieve_account(account)
    await client.pay_out_weekly(account)
    await client.pay_out_by_hand()
    await client.payout_rhythm()
    transfer = await client.create_transfer(uuid4(), 1, account=account, cents=1000, source_charge=intent.charge_id)
    await client.find_transfers(transfer.group or "")
    await client.retrieve_transfer(transfer.id)
    await client.reverse_transfer(transfer.id, uuid4(), 1, 100)
    await client.reversals_of(transfer.id)
    payout = (await stand_in.pay_out(account))["id"]
    await client.payouts_since(A_WHILE_AGO, account)
    await client.retrieve_payout(payout, account)
    await client.payout_lines(payout, account)
    await client.balance(account)
    lines = [line async for line in client.every_balance_transaction(A_WHILE_AGO)]
    await client.balance_transactions(A_WHILE_AGO, after=lines[0].id)
    await client.retrieve_balance_transaction(lines[0].id)
    dispute = (await stand_in.dispute(intent.id, 100))["id"]
    await client.retrieve_dispute(dispute)
    await client.disputes_since(A_WHILE_AGO)

    customer = await client.create_customer(uuid4(), email="pain@example.test")
    to_subscribe = await client.create_subscription_checkout(
        uuid4(), customer=customer, account_id=uuid4(), cents=2399, name="Premium", back="https://a.test",
        language="fr", trial_days=30,
    )  # fmt: skip
    await stand_in.pay_on_page(to_subscribe.url or "")
    await client.create_portal_session(customer, back="https://a.test", language="fr")
    (subscription,) = await client.subscriptions_of(customer)
    await stand_in.renew(subscription.id)
    await client.retrieve_subscription(subscription.id)
    await client.retrieve_invoice(subscription.latest_invoice or "")
    await client.invoices_since(A_WHILE_AGO, subscription=subscription.id)
    await client.cancel_subscription(subscription.id)
    await client.delete_customer(await client.create_customer(uuid4(), email="pain@example.test"))


def kinds(stand_in: StripeStandIn) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the stand-in's objects by kind, and those that stand inside others."""
    store = stand_in._store
    for kind in OBJECTS:
        for one in store.newest(kind):
            yield kind, shown(dated(one, store.now()) if kind == "balance_transaction" else one)
    for charge in store.newest("charge", equal={"$._account": None}):
        yield "outcome of a charge", charge["outcome"]
        yield "card of a charge", charge["payment_method_details"]["card"]
    for subscription in store.newest("subscription"):
        for item in subscription["items"]["data"]:
            yield from (("subscription_item", item), ("price", item["price"]), ("plan", item["plan"]))
    for invoice in store.newest("invoice"):
        yield from (("line_item", line) for line in invoice["lines"]["data"])
        yield from (("invoice_payment", payment) for payment in invoice["_payments"])
    for event in store.newest("event", equal={"$.type": "account.updated"}):
        yield "account of the v1 API", event["data"]["object"]


async def test_objects_carry_the_fields_of_stripes_types(stand_in: StripeStandIn) -> None:
    client = Stripe(api_key=KEY, api_base=stand_in.base_url)
    await everything(client, stand_in)
    await client.aclose()
    seen = set()
    for kind, thing in kinds(stand_in):
        seen.add(kind)
        typed = {name for name in OBJECTS[kind].__annotations__ if name not in ("OBJECT_NAME",) and name[0] != "_"}
        wanted = (typed - ONLY_IF_ASKED.get(kind, set())) | BESIDES.get(kind, set())
        assert wanted - set(thing) == set(), f"{kind} lacks these"
        assert set(thing) - wanted <= ONLY_IF_ASKED.get(kind, set()), f"{kind} has these besides"
    assert seen == set(OBJECTS)


# --- what we send

PARAMETERS: dict[tuple[str, str], type] = {
    ("post", "/v1/payment_intents"): params.PaymentIntentCreateParams,
    ("get", "/v1/payment_intents/*"): params.PaymentIntentRetrieveParams,
    ("get", "/v1/payment_intents/search"): params.PaymentIntentSearchParams,
    ("post", "/v1/payment_intents/*/cancel"): params.PaymentIntentCancelParams,
    ("get", "/v1/charges/*"): params.ChargeRetrieveParams,
    ("post", "/v1/refunds"): params.RefundCreateParams,
    ("get", "/v1/refunds"): params.RefundListParams,
    ("get", "/v1/refunds/*"): params.RefundRetrieveParams,
    ("get", "/v1/events"): params.EventListParams,
    ("post", "/v1/checkout/sessions"): checkout.SessionCreateParams,
    ("get", "/v1/checkout/sessions/*"): checkout.SessionRetrieveParams,
    ("post", "/v1/checkout/sessions/*/expire"): checkout.SessionExpireParams,
    ("post", "/v2/core/accounts"): core.AccountCreateParams,
    ("get", "/v2/core/accounts/*"): core.AccountRetrieveParams,
    ("post", "/v2/core/account_links"): core.AccountLinkCreateParams,
    ("get", "/v1/balance"): params.BalanceRetrieveParams,
    ("get", "/v1/balance_settings"): params.BalanceSettingsRetrieveParams,
    ("post", "/v1/balance_settings"): params.BalanceSettingsUpdateParams,
    ("get", "/v1/balance_transactions"): params.BalanceTransactionListParams,
    ("get", "/v1/balance_transactions/*"): params.BalanceTransactionRetrieveParams,
    ("post", "/v1/transfers"): params.TransferCreateParams,
    ("get", "/v1/transfers"): params.TransferListParams,
    ("get", "/v1/transfers/*"): params.TransferRetrieveParams,
    ("post", "/v1/transfers/*/reversals"): params.TransferReversalCreateParams,
    ("get", "/v1/transfers/*/reversals"): params.TransferReversalListParams,
    ("get", "/v1/payouts"): params.PayoutListParams,
    ("get", "/v1/payouts/*"): params.PayoutRetrieveParams,
    ("get", "/v1/disputes"): params.DisputeListParams,
    ("get", "/v1/disputes/*"): params.DisputeRetrieveParams,
    ("post", "/v1/customers"): params.CustomerCreateParams,
    ("delete", "/v1/customers/*"): params.CustomerDeleteParams,
    ("get", "/v1/subscriptions"): params.SubscriptionListParams,
    ("get", "/v1/subscriptions/*"): params.SubscriptionRetrieveParams,
    ("delete", "/v1/subscriptions/*"): params.SubscriptionCancelParams,
    ("get", "/v1/invoices"): params.InvoiceListParams,
    ("get", "/v1/invoices/*"): params.InvoiceRetrieveParams,
    ("get", "/v1/billing_portal/configurations"): billing_portal.ConfigurationListParams,
    ("post", "/v1/billing_portal/configurations"): billing_portal.ConfigurationCreateParams,
    ("post", "/v1/billing_portal/sessions"): billing_portal.SessionCreateParams,
}


# The SDK imports these only for type checkers.
NAMES = {
    "Mapping": Mapping,
    "StripeContext": stripe.StripeContext,
    "UntypedStripeObject": stripe_object.UntypedStripeObject,
}


def misfits(value: Any, expected: Any, place: str) -> list[str]:
    """Return where a value does not fit one of the SDK's types: a TypedDict with other keys, a wrong word or type."""
    origin, arguments = typing.get_origin(expected), typing.get_args(expected)
    if origin in (typing_extensions.NotRequired, typing.NotRequired):
        return misfits(value, arguments[0], place)
    if origin in (typing.Union, types.UnionType):
        tries = [misfits(value, one, place) for one in arguments]
        return [] if [] in tries else min(tries, key=len)
    if origin is typing.Literal or origin is typing_extensions.Literal:
        return [] if value in arguments else [f"{place}: {value!r} is none of {arguments[:5]}"]
    if typing_extensions.is_typeddict(expected):
        if not isinstance(value, dict):
            return [f"{place}: {value!r} is no mapping"]
        hints = typing_extensions.get_type_hints(expected, localns=NAMES, include_extras=True)
        wrong = [f"{place}.{name} is missing" for name in expected.__required_keys__ - set(value)]
        wrong += [f"{place}.{name} is unknown" for name in set(value) - set(hints)]
        return wrong + [
            one for name in set(value) & set(hints) for one in misfits(value[name], hints[name], f"{place}.{name}")
        ]
    if origin is list:
        if not isinstance(value, list):
            return [f"{place}: {value!r} is no list"]
        return [one for n, item in enumerate(value) for one in misfits(item, arguments[0], f"{place}[{n}]")]
    if isinstance(origin, type):
        return [] if isinstance(value, origin) else [f"{place}: {value!r} is no {origin.__name__}"]
    if isinstance(expected, type):
        right = isinstance(value, expected) and not (expected is int and isinstance(value, bool))
        return [] if right else [f"{place}: {value!r} is no {expected.__name__}"]
    return []


def template(path: str) -> str:
    return "/".join(
        "*" if "_" in step and any(c.isupper() or c.isdigit() for c in step) else step for step in path.split("/")
    )


async def test_requests_to_stripe_fit_the_typed_parameters_of_the_sdk(
    stand_in: StripeStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, str, Any]] = []
    real = StripeService._request_async

    async def noted(self: StripeService, method: str, path: str, **more: Any) -> Any:
        sent.append((method, template(path), more.get("params")))
        return await real(self, method, path, **more)

    monkeypatch.setattr(StripeService, "_request_async", noted)
    client = Stripe(api_key=KEY, api_base=stand_in.base_url)
    await everything(client, stand_in)
    await client.aclose()
    assert {(method, path) for method, path, _ in sent} == set(PARAMETERS)
    wrong = [
        one
        for method, path, given in sent
        if given
        for one in misfits(given, PARAMETERS[method, path], f"{method} {path}")
    ]
    assert wrong == []


def test_control_other_parameters_do_not_fit() -> None:
    good: dict[str, Any] = {"amount": 1, "currency": "eur", "destination": "acct_1"}
    assert misfits(good, params.TransferCreateParams, "") == []
    for bad in ({"amount": "1"}, {"sources": "ch_1"}, {"metadata": "x"}):
        assert misfits(good | bad, params.TransferCreateParams, "") != []
    assert misfits({"amount": 1, "currency": "eur"}, params.TransferCreateParams, "") != []
    schedule = {"payments": {"payouts": {"schedule": {"weekly_payout_days": "monday"}}}}
    assert misfits(schedule, params.BalanceSettingsUpdateParams, "") != []


async def test_control_the_stand_in_refuses_parameters_that_it_does_not_know(stand_in: StripeStandIn) -> None:
    async with httpx2.AsyncClient(trust_env=False) as plain:
        answer = await plain.post(f"{stand_in.base_url}/v1/transfers", data={"sources": "ch_1"}, auth=(KEY, ""))
    assert answer.json()["error"]["code"] == "parameter_unknown"
