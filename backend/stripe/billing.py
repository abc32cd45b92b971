"""Subscriptions by Stripe Billing: customers, Stripe's pages to subscribe and to manage it, and the invoices' payments.

Stripe's invoices only say what was paid. The invoice that a shop gets is ours.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import stripe
from stripe.params.checkout import SessionCreateParams, SessionCreateParamsSubscriptionData

from backend.stripe.calls import StripeCalls, id_of, moment_of, our_id, part_of, since
from backend.stripe.checkouts import Checkout, checkout_of


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as Stripe says it is now.

    status: `trialing`, `active`, `past_due` (the invoice of this period is not paid; Stripe tries again), `incomplete`
    (the first one is not), `unpaid`, `paused`, `canceled`, `incomplete_expired`. period_starts_at: also since when it
    is `past_due`. cancels_at: when it will end by itself. ended_at: when it ended. account_id: our account, from its
    metadata.
    """

    id: str
    status: str
    customer: str
    cents: int
    period_starts_at: datetime
    period_ends_at: datetime
    trial_ends_at: datetime | None
    cancels_at: datetime | None
    ended_at: datetime | None
    latest_invoice: str | None
    account_id: UUID | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class BilledPeriod:
    """An invoice of Stripe for one period of a subscription, in euro cents, VAT included.

    status: `draft`, `open` (not paid yet), `paid`, `void`, `uncollectible`. intent_id: what paid it; None if nothing
    had to be paid.
    """

    id: str
    subscription: str | None
    customer: str
    status: str
    cents: int
    paid_cents: int
    attempts: int
    next_attempt_at: datetime | None
    period_starts_at: datetime
    period_ends_at: datetime
    intent_id: str | None
    paid_at: datetime | None
    created_at: datetime


class Billing(StripeCalls):
    """The calls about subscriptions."""

    _portal_configuration: str | None = None

    async def create_customer(self, account_id: UUID, *, email: str | None = None) -> str:
        """Create Stripe's customer for one of our accounts, and return its id. The same again for a day.

        Keep the id: a day later another one would be made. email: to which Stripe writes about failed payments.
        """
        async with self._asking("create a customer", account_id):
            made = await self._v1.customers.create_async(
                {"metadata": {"account_id": str(account_id)}, **({"email": email} if email is not None else {})},
                {"idempotency_key": f"cus-{account_id}"},
            )
            return made.id

    async def delete_customer(self, id: str) -> None:
        """Delete a customer with the address and cards that Stripe has of them. A subscription would end at once.

        Deleting again does nothing. Stripe keeps the invoices.
        """
        async with self._asking("delete a customer", id):
            try:
                await self._v1.customers.delete_async(id)
            except stripe.InvalidRequestError as error:
                if error.code != "resource_missing":
                    raise

    async def create_subscription_checkout(
        self,
        row_id: UUID,
        *,
        customer: str,
        account_id: UUID,
        cents: int,
        name: str,
        back: str,
        language: str,
        trial_days: int = 0,
    ) -> Checkout:
        """Create the page on which somebody subscribes to pay euro cents (VAT included) each month.

        row_id: ours; the same id returns the same page for a day. name: what the page says is paid. back: the address
        to which it returns, with `?subscribed=1` once it is done. Let nobody have two open pages: reuse the open one.
        """
        about = {"account_id": str(account_id)}
        subscription: SessionCreateParamsSubscriptionData = {"metadata": about}
        if trial_days:
            subscription["trial_period_days"] = trial_days
        wanted: SessionCreateParams = {
            "mode": "subscription",
            "customer": customer,
            "allowed_payment_method_types": ["card"],
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": "eur",
                        "unit_amount": cents,
                        "recurring": {"interval": "month"},
                        "product_data": {"name": name},
                    },
                }
            ],
            "success_url": f"{back}?subscribed=1",
            "cancel_url": back,
            "locale": "fr" if language == "fr" else "en",
            "metadata": about,
            "subscription_data": subscription,
        }
        async with self._asking("create a subscription's page", account_id):
            return checkout_of(await self._checkouts.create_async(wanted, {"idempotency_key": f"cs-sub-{row_id}"}))

    async def create_portal_session(self, customer: str, *, back: str, language: str) -> str:
        """Return the address of Stripe's page on which a customer changes the card or ends the subscription."""
        async with self._asking("create a portal session", customer):
            made = await self._v1.billing_portal.sessions.create_async(
                {
                    "customer": customer,
                    "configuration": await self._configured_portal(),
                    "locale": "fr" if language == "fr" else "en",
                    "return_url": back,
                }
            )
            return made.url

    async def _configured_portal(self) -> str:
        """Return the id of our configuration of that page, made once. It hides Stripe's invoices: ours are the only."""
        if self._portal_configuration is None:
            page = await self._v1.billing_portal.configurations.list_async({"active": True, "limit": 100})
            found = [one.id for one in page.data if part_of(one.metadata, "made_by") == "ecopanier"]
            if not found:
                made = await self._v1.billing_portal.configurations.create_async(
                    {
                        "features": {
                            "invoice_history": {"enabled": False},
                            "payment_method_update": {"enabled": True},
                            "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
                        },
                        "metadata": {"made_by": "ecopanier"},
                    },
                    {"idempotency_key": "portal-1"},
                )
                found = [made.id]
            self._portal_configuration = found[0]
        return self._portal_configuration

    async def retrieve_subscription(self, id: str) -> Subscription:
        """Return a subscription as it is now, ended ones too."""
        async with self._asking("retrieve a subscription", id):
            return _subscription(await self._v1.subscriptions.retrieve_async(id))

    async def subscriptions_of(self, customer: str) -> list[Subscription]:
        """Return all subscriptions of a customer, ended ones too, the newest first. A deleted customer has none."""
        async with self._asking("list subscriptions", customer):
            try:
                page = await self._v1.subscriptions.list_async({"customer": customer, "status": "all", "limit": 100})
                return [_subscription(one) async for one in page.auto_paging_iter()]
            except stripe.InvalidRequestError as error:
                if error.code != "resource_missing":
                    raise
                return []

    async def cancel_subscription(self, id: str) -> Subscription:
        """End a subscription at once and return it. Raises PaymentRefused if it has ended already."""
        async with self._asking("cancel a subscription", id):
            return _subscription(await self._v1.subscriptions.cancel_async(id))

    async def retrieve_invoice(self, id: str) -> BilledPeriod:
        """Return an invoice of Stripe as it is now."""
        async with self._asking("retrieve an invoice", id):
            return _billed(await self._v1.invoices.retrieve_async(id, {"expand": ["payments"]}))

    async def invoices_since(self, moment: datetime, *, subscription: str | None = None) -> list[BilledPeriod]:
        """Return Stripe's invoices made since a moment (timezone-aware), the newest first."""
        async with self._asking("list invoices", subscription):
            page = await self._v1.invoices.list_async(
                {
                    "created": {"gte": since(moment)},
                    "limit": 100,
                    "expand": ["data.payments"],
                    **({"subscription": subscription} if subscription is not None else {}),
                }
            )
            return [_billed(one) async for one in page.auto_paging_iter()]


def _subscription(made: stripe.Subscription) -> Subscription:
    items = made["items"].data  # `made.items` is a method of every mapping
    return Subscription(
        made.id,
        made.status,
        id_of(made.customer) or "",
        sum((item.price.unit_amount or 0) * (part_of(item, "quantity") or 1) for item in items),
        moment_of(min(item.current_period_start for item in items)),
        moment_of(max(item.current_period_end for item in items)),
        _moment(part_of(made, "trial_end")),
        _moment(part_of(made, "cancel_at")),
        _moment(part_of(made, "ended_at")),
        id_of(part_of(made, "latest_invoice")),
        our_id(made.metadata, "account_id"),
        moment_of(made.created),
    )


def _billed(invoice: stripe.Invoice) -> BilledPeriod:
    lines, payments = invoice.lines.data, part_of(invoice, "payments", "data") or []
    intents = [id_of(part_of(one, "payment", "payment_intent")) for one in payments if one.status == "paid"]
    return BilledPeriod(
        invoice.id,
        id_of(part_of(invoice, "parent", "subscription_details", "subscription")),
        id_of(invoice.customer) or "",
        invoice.status or "",
        invoice.total,
        invoice.amount_paid,
        invoice.attempt_count,
        _moment(part_of(invoice, "next_payment_attempt")),
        # The invoice's own period is the one before, in which its lines were gathered.
        moment_of(min((line.period.start for line in lines), default=invoice.period_start)),
        moment_of(max((line.period.end for line in lines), default=invoice.period_end)),
        next((intent for intent in intents if intent is not None), None),
        _moment(part_of(invoice, "status_transitions", "paid_at")),
        moment_of(invoice.created),
    )


def _moment(seconds: int | None) -> datetime | None:
    return moment_of(seconds) if seconds is not None else None
