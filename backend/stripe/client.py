"""The Stripe calls that EcoPanier uses: create, read and cancel a payment, refund it, verify a webhook.

No personal data is sent to Stripe, only amounts and our own ids. Do not make these calls inside a transaction.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import httpx2
import stripe
import structlog
from pydantic import BaseModel, Field, ValidationError
from stripe.params.checkout import SessionCreateParams

from backend.settings import Settings
from backend.stripe.problems import PaymentUnavailable, WebhookDisabled, WebhookNotGenuine
from backend.stripe.transport import Httpx2Transport

WEBHOOK_TOLERANCE_SECONDS = 300  # Stripe's own default; older events may be replays
WEBHOOK_LEEWAY_SECONDS = 10  # how far Stripe's clock may be ahead of ours

stripe.enable_telemetry = False  # it would describe this machine to Stripe and write a file to the home directory
logging.getLogger("stripe").setLevel(logging.WARNING)  # at DEBUG it logs bodies, which hold client secrets

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Intent:
    """A PaymentIntent. Amounts in euro cents; `status` is Stripe's (`requires_payment_method`, `succeeded`, …)."""

    id: str
    client_secret: str = field(repr=False)  # whoever has it may read and pay this intent
    status: str
    amount_cents: int
    amount_received_cents: int
    refunded_cents: int = 0  # in all, by us or by a person in Stripe's dashboard
    paid_at: datetime | None = None  # by Stripe's clock, in whole seconds; None if it is not paid
    payment_id: UUID | None = None  # of the payment that it was made for, from its metadata


@dataclass(frozen=True, slots=True)
class Checkout:
    """A Checkout Session: a page of Stripe's on which one payment is made. `status`: `open`, `complete`, `expired`.

    intent_id: its PaymentIntent, once somebody has tried to pay.
    """

    id: str
    status: str
    url: str | None
    intent_id: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """An event from a webhook. Only a hint: events may come late, twice and out of order, so fetch the state."""

    id: str
    type: str
    payment_intent_id: str | None
    paid: UUID | None = None  # our payment, if the event is that somebody paid it, from the intent's metadata


class PaymentRefused(Exception):
    """Raised when Stripe refused a call for good. Trying again would not help: a person or a bug caused it."""

    def __init__(self, operation: str, status: int, code: str | None, request_id: str | None) -> None:
        super().__init__(f"Stripe refused to {operation}: {status} {code} ({request_id})")
        self.operation = operation
        self.status = status
        self.code = code
        self.request_id = request_id


class Stripe:
    """A process's Stripe client; call `aclose` at shutdown.

    Every method that calls Stripe raises PaymentUnavailable if the result is unknown or may differ next time (no
    connection, timeout, 409, 429, 5xx): calling again is safe. It raises PaymentRefused if Stripe refused for good.
    """

    def __init__(
        self,
        *,
        api_key: str,
        api_base: str,
        webhook_secret: str,
        timeout_seconds: float = 8.0,
        total_seconds: float = 20.0,
        max_network_retries: int = 2,
    ) -> None:
        """timeout_seconds limits one attempt, total_seconds a call with all its retries.

        An empty webhook_secret disables `read_event`.
        """
        self._webhook_secret = webhook_secret.strip()
        self._total_seconds = total_seconds
        self._transport = Httpx2Transport(httpx2.Timeout(timeout_seconds, connect=min(3.0, timeout_seconds)))
        client = stripe.StripeClient(
            api_key,
            base_addresses={"api": api_base.rstrip("/")},
            http_client=self._transport,
            max_network_retries=max_network_retries,
        )
        self._intents = client.v1.payment_intents
        self._refunds = client.v1.refunds
        self._events = client.v1.events
        self._checkouts = client.v1.checkout.sessions

    async def aclose(self) -> None:
        await self._transport.close_async()

    async def create_payment_intent(self, payment_id: UUID, reservation_id: UUID, amount_cents: int) -> Intent:
        """Create a payment's intent, of at least 50 euro cents. Each payment has one, however often this is called.

        A repeated call returns Stripe's first answer, whose status may be outdated: `retrieve_payment_intent` returns
        the current one.
        """
        async with self._asking("create a payment intent", payment_id):
            intent = await self._intents.create_async(
                {
                    "amount": amount_cents,
                    "currency": "eur",
                    # A hold lasts only minutes, too short for payment methods that redirect the customer elsewhere.
                    "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                    "metadata": {"payment_id": str(payment_id), "reservation_id": str(reservation_id)},
                },
                {"idempotency_key": f"pi-{payment_id}"},
            )
            return _intent(intent)

    async def retrieve_payment_intent(self, id: str) -> Intent:
        """Return the intent as it is now, with what its charge says."""
        async with self._asking("retrieve a payment intent"):
            return _intent(await self._intents.retrieve_async(id, {"expand": ["latest_charge"]}))

    async def find_payment_intent(self, payment_id: UUID) -> Intent | None:
        """Return the intent with this payment's id in its metadata, if Stripe finds one.

        Stripe's search index may be a minute behind.
        """
        async with self._asking("search a payment intent", payment_id):
            found = (await self._intents.search_async({"query": f"metadata['payment_id']:'{payment_id}'"})).data
            return _intent(found[0]) if found else None

    async def cancel_payment_intent(self, id: str, payment_id: UUID) -> Intent:
        """Cancel an intent, so that nobody can pay it any more, and return it.

        Check the returned status: `canceled`; `succeeded` if it was paid first (refund it); `processing` if Stripe
        does not know yet (call again later).
        """
        try:
            async with self._asking("cancel a payment intent", payment_id):
                # No idempotency key: with one, Stripe would repeat a first "cannot be cancelled now" for a day,
                # although the intent may become payable again meanwhile. Cancelling twice is harmless.
                return _intent(await self._intents.cancel_async(id, {"cancellation_reason": "abandoned"}))
        except PaymentRefused as refusal:
            if refusal.code != "payment_intent_unexpected_state":
                raise
        return await self.retrieve_payment_intent(id)

    async def create_checkout(
        self,
        payment_id: UUID,
        reservation_id: UUID,
        amount_cents: int,
        *,
        name: str,
        back: str,
        expires_at: datetime,
        language: str,
    ) -> Checkout:
        """Create the page on which a payment is made. Each payment has one, however often this is called with the same.

        name: what the page says is paid. back: the address to which it returns, with `?paid=1` once it was paid.
        expires_at: at least 30 minutes ahead, so that a hold needs `expire_checkout`.
        """
        about = {"payment_id": str(payment_id), "reservation_id": str(reservation_id)}
        async with self._asking("create a checkout session", payment_id):
            wanted: SessionCreateParams = {
                "mode": "payment",
                # Cards answer at once; other methods may take days, and a hold lasts minutes.
                "allowed_payment_method_types": ["card"],
                "line_items": [
                    {
                        "quantity": 1,
                        "price_data": {
                            "currency": "eur",
                            "unit_amount": amount_cents,
                            "product_data": {"name": name},
                        },
                    }
                ],
                "success_url": f"{back}?paid=1",
                "cancel_url": back,
                "expires_at": int(expires_at.timestamp()),
                "locale": "fr" if language == "fr" else "en",
                "metadata": about,
                "payment_intent_data": {"metadata": about},
            }
            made = await self._checkouts.create_async(wanted, {"idempotency_key": f"cs-{payment_id}"})
            return _checkout(made)

    async def retrieve_checkout(self, id: str) -> Checkout:
        """Return a page as it is now."""
        async with self._asking("retrieve a checkout session"):
            return _checkout(await self._checkouts.retrieve_async(id))

    async def expire_checkout(self, id: str, payment_id: UUID) -> Checkout:
        """Close a page, so that nobody can pay on it any more, and return it.

        Check the returned status: `complete` if it was paid first.
        """
        try:
            async with self._asking("expire a checkout session", payment_id):
                return _checkout(await self._checkouts.expire_async(id))
        except PaymentRefused:
            # It is not open any more, or there is no such session: then this raises too.
            return await self.retrieve_checkout(id)

    async def refund_payment_intent(self, id: str, payment_id: UUID, due_cents: int) -> str:
        """Refund, once, what is missing of the cents that are due in all; return the id of this or an earlier refund.

        What was refunded already counts, whoever refunded it, unless it failed. Also raises PaymentRefused if a refund
        of ours was made but failed later (such as to a closed card): a person must act.
        """
        # Stripe forgets idempotency keys after a day, so look for earlier refunds first.
        refunds = await self._refunds_of(id)
        standing = [one for one in refunds if _stands(one)]
        ours = [one for one in refunds if _payment_id_in(one) == str(payment_id)]
        missing_cents = due_cents - sum(one.amount for one in standing)
        if standing and missing_cents <= 0:
            return next((one for one in standing if one in ours), standing[0]).id
        if failed := [one for one in ours if not _stands(one)]:
            log.error("refund.failed", refund=failed[0].id, payment_id=str(payment_id))
            raise PaymentRefused("complete a refund", 200, "refund_failed", None)
        try:
            async with self._asking("refund a payment intent", payment_id):
                refund = await self._refunds.create_async(
                    {"payment_intent": id, "amount": missing_cents, "metadata": {"payment_id": str(payment_id)}},
                    # With the amount and the number of refunds before: after another refund, or the failure of one,
                    # something else is missing. Stripe would refuse another amount with the same key for a day, and
                    # would answer the same amount with the refund that it made then.
                    {"idempotency_key": f"refund-{payment_id}-{missing_cents}-{len(refunds)}"},
                )
                return refund.id
        except PaymentRefused as refusal:
            # Somebody refunded it in Stripe's dashboard.
            if refusal.code != "charge_already_refunded" or (done := await self.latest_refund(id)) is None:
                raise
            return done

    async def latest_refund(self, id: str) -> str | None:
        """Return the id of the last refund of an intent that has not failed, whoever made it."""
        return next((one.id for one in await self._refunds_of(id) if _stands(one)), None)

    async def refunds_since(self, moment: datetime) -> dict[str, int]:
        """Return the cents that were refunded since a moment (timezone-aware), by intent, whoever refunded them.

        A refund that failed counts 0, but only if it was made since then: `events_since` finds failures of older ones.
        """
        cents: dict[str, int] = defaultdict(int)
        async with self._asking("list refunds"):
            page = await self._refunds.list_async({"created": {"gte": int(moment.timestamp())}, "limit": 100})
            async for one in page.auto_paging_iter():
                if isinstance(one.payment_intent, str):
                    cents[one.payment_intent] += one.amount if _stands(one) else 0
        return dict(cents)

    async def events_since(self, moment: datetime, event_type: str) -> dict[str, str]:
        """Return the events of one type since a moment (timezone-aware), each with the intent that it is about.

        Stripe lists events of the last 30 days, whether a webhook received them or not.
        """
        found: dict[str, str] = {}
        async with self._asking("list events"):
            page = await self._events.list_async(
                {"type": event_type, "created": {"gte": int(moment.timestamp())}, "limit": 100}
            )
            async for one in page.auto_paging_iter():
                intent = getattr(one.data.object, "payment_intent", None)
                if isinstance(intent, str):
                    found[one.id] = intent
        return found

    async def _refunds_of(self, id: str) -> list[stripe.Refund]:
        """Return an intent's refunds, the newest first, whoever made them and whatever became of them."""
        async with self._asking("list refunds"):
            return list((await self._refunds.list_async({"payment_intent": id, "limit": 100})).data)

    def read_event(self, raw_body: bytes, signature_header: str | None, now: datetime) -> Event:
        """Return a webhook's event if Stripe signed exactly these bytes, and recently as of `now` (timezone-aware).

        Raises WebhookDisabled without a webhook secret, WebhookNotGenuine if anything about the event is wrong.
        """
        if not self._webhook_secret:
            raise WebhookDisabled
        try:
            # tolerance=None, because the SDK's own check ignores `now` and accepts timestamps in the future.
            stripe.WebhookSignature.verify_header(raw_body, signature_header, self._webhook_secret, tolerance=None)
            age = now.timestamp() - _signed_at(signature_header or "")
            if not -WEBHOOK_LEEWAY_SECONDS <= age <= WEBHOOK_TOLERANCE_SECONDS:
                raise WebhookNotGenuine
            event = _Event.model_validate_json(raw_body)
        # Besides its own error, the SDK raises these for malformed bytes in the body or the header.
        except (stripe.SignatureVerificationError, ValidationError, UnicodeError, ValueError, TypeError):
            raise WebhookNotGenuine from None
        thing = event.data.object
        if thing.object != "payment_intent":
            return Event(event.id, event.type, thing.payment_intent)
        paid = _uuid((thing.metadata or {}).get("payment_id")) if event.type == "payment_intent.succeeded" else None
        return Event(event.id, event.type, thing.id, paid)

    @asynccontextmanager
    async def _asking(self, operation: str, payment_id: UUID | None = None) -> AsyncIterator[None]:
        """Turn every failure of a call to Stripe into PaymentUnavailable or PaymentRefused, and log it.

        Logs neither bodies nor keys.
        """
        about = {"operation": operation, "payment_id": str(payment_id) if payment_id else None}
        try:
            async with asyncio.timeout(self._total_seconds):
                yield
        except TimeoutError:
            log.warning("stripe_call.failed", error="TimeoutError", **about)
            raise PaymentUnavailable from None
        except stripe.StripeError as error:
            about |= {"error": type(error).__name__, "code": error.code, "stripe_request_id": error.request_id}
            status = error.http_status or 0
            if _is_final(error, status):
                log.error("stripe_call.refused", status=status, **about)
                raise PaymentRefused(operation, status, error.code, error.request_id) from None
            log.warning("stripe_call.failed", status=status, **about)
            raise PaymentUnavailable from None
        except (AttributeError, KeyError, TypeError, UnicodeError) as error:
            # A successful status without the expected object: something other than Stripe answered.
            log.warning("stripe_call.failed", error=type(error).__name__, **about)
            raise PaymentUnavailable from None


def _is_final(error: stripe.StripeError, status: int) -> bool:
    """Return whether Stripe itself refused for good. 409 and 429 may pass; a proxy's 4xx page has no error object."""
    return 400 <= status < 500 and status not in (409, 429) and error.error is not None and error.code != "rate_limit"


def _intent(intent: stripe.PaymentIntent) -> Intent:
    charge = intent.latest_charge if isinstance(intent.latest_charge, stripe.Charge) else None
    return Intent(
        intent.id,
        intent.client_secret or "",
        intent.status,
        intent.amount,
        intent.amount_received,
        refunded_cents=charge.amount_refunded if charge is not None else 0,
        paid_at=datetime.fromtimestamp(charge.created, UTC) if charge is not None and charge.paid else None,
        payment_id=_uuid(_payment_id_in(intent)),
    )


def _checkout(session: stripe.checkout.Session) -> Checkout:
    intent = session.payment_intent
    return Checkout(session.id, session.status or "", session.url, intent if isinstance(intent, str) else None)


def _uuid(written: object) -> UUID | None:
    """Return an id of ours from Stripe's metadata; None for anything else that a person may have written there."""
    try:
        return UUID(str(written)) if written else None
    except ValueError:
        return None


def _stands(refund: stripe.Refund) -> bool:
    return refund.status not in ("failed", "canceled")


def _payment_id_in(made: stripe.Refund | stripe.PaymentIntent) -> str | None:
    noted = made.metadata
    return noted["payment_id"] if noted is not None and "payment_id" in noted else None


def _signed_at(header: str) -> int:
    """Return the header's timestamp in seconds since 1970: the same item that the SDK's signature check uses."""
    return int(next(item.removeprefix("t=") for item in header.split(",") if item.startswith("t=")))


class _Thing(BaseModel):
    id: str | None = None  # some of Stripe's objects have none
    object: str
    payment_intent: str | None = None
    metadata: dict[str, Any] | None = None


class _Data(BaseModel):
    object: _Thing


class _Event(BaseModel):
    """The fields of a webhook event that we read."""

    object: Literal["event"]
    id: str = Field(max_length=255)
    type: str = Field(max_length=255)
    data: _Data


def stripe_of(settings: Settings) -> Stripe:
    """Return the client that the settings configure."""
    key, secret = settings.stripe_api_key, settings.stripe_webhook_secret
    return Stripe(
        api_key=key.get_secret_value() if key else "",
        api_base=settings.stripe_api_base,
        webhook_secret=secret.get_secret_value() if secret else "",
    )
