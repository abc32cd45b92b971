"""Stripe as EcoPanier uses it: take a payment, give it up, give it back, believe an event.

Nobody's personal data goes to Stripe: it learns amounts and our own ids. No call here belongs inside a transaction.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

import httpx2
import stripe
import structlog
from pydantic import BaseModel, Field, ValidationError

from backend.settings import Settings
from backend.stripe.problems import PaymentUnavailable, WebhookDisabled, WebhookNotGenuine
from backend.stripe.transport import Httpx2Transport

WEBHOOK_TOLERANCE_SECONDS = 300  # Stripe's own default; older ones may be replays
WEBHOOK_LEEWAY_SECONDS = 10  # how far Stripe's clock may be ahead of ours

stripe.enable_telemetry = False  # it would describe this machine to Stripe and leave a file in the home directory
logging.getLogger("stripe").setLevel(logging.WARNING)  # at DEBUG it logs bodies, and client secrets with them

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Intent:
    """A PaymentIntent. Money in cents; `status` in Stripe's words (`requires_payment_method`, `succeeded`, …)."""

    id: str
    client_secret: str = field(repr=False)  # with it anyone may pay this intent and see it
    status: str
    amount_cents: int
    amount_received_cents: int


@dataclass(frozen=True, slots=True)
class Event:
    """What Stripe told us by webhook. A hint only: fetch the state, for events come late, twice and out of order."""

    id: str
    type: str
    payment_intent_id: str | None


class PaymentRefused(Exception):
    """Stripe understood and will not do it: asking again would not help, a person or a bug is behind it."""

    def __init__(self, operation: str, status: int, code: str | None, request_id: str | None) -> None:
        super().__init__(f"Stripe refused to {operation}: {status} {code} ({request_id})")
        self.operation = operation
        self.status = status
        self.code = code
        self.request_id = request_id


class Stripe:
    """One shared client for a process; `aclose` it at shutdown.

    Every method that calls Stripe raises PaymentUnavailable when the outcome is unknown or may differ next time (no
    connection, too slow, 409, 429, 5xx): it is safe to call again. PaymentRefused when Stripe certainly said no.
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
        """timeout_seconds bounds one attempt, total_seconds a call with its retries. An empty webhook_secret disables
        `read_event`."""
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

    async def aclose(self) -> None:
        await self._transport.close_async()

    async def create_payment_intent(self, payment_id: UUID, reservation_id: UUID, amount_cents: int) -> Intent:
        """Prepare a payment in euro cents (Stripe takes at least 50). One intent a payment, however often it is called.

        Called again, the answer is the first one: its status is as old; `retrieve_payment_intent` tells today's.
        """
        async with self._asking("create a payment intent", payment_id):
            intent = await self._intents.create_async(
                {
                    "amount": amount_cents,
                    "currency": "eur",
                    # a hold lasts minutes: nothing that sends the customer elsewhere to come back later
                    "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                    "metadata": {"payment_id": str(payment_id), "reservation_id": str(reservation_id)},
                },
                {"idempotency_key": f"pi-{payment_id}"},
            )
            return _intent(intent)

    async def retrieve_payment_intent(self, id: str) -> Intent:
        """The intent as it is now."""
        async with self._asking("retrieve a payment intent"):
            return _intent(await self._intents.retrieve_async(id))

    async def find_payment_intent(self, payment_id: UUID) -> Intent | None:
        """The intent of this payment, found by what we noted on it; Stripe's index may be a minute behind."""
        async with self._asking("search a payment intent", payment_id):
            found = (await self._intents.search_async({"query": f"metadata['payment_id']:'{payment_id}'"})).data
            return _intent(found[0]) if found else None

    async def cancel_payment_intent(self, id: str, payment_id: UUID) -> Intent:
        """Make sure that nobody can pay this intent any more, if that is still possible.

        What counts is the returned status: `canceled`; `succeeded` when the payer was faster (refund it);
        `processing` when Stripe cannot tell yet (call again later).
        """
        try:
            async with self._asking("cancel a payment intent", payment_id):
                # No fixed idempotency key: Stripe would keep answering a first «cannot be cancelled now» for a day,
                # while the intent becomes payable again. Cancelling twice is harmless by itself.
                return _intent(await self._intents.cancel_async(id, {"cancellation_reason": "abandoned"}))
        except PaymentRefused as refusal:
            if refusal.code != "payment_intent_unexpected_state":
                raise
        return await self.retrieve_payment_intent(id)

    async def refund_payment_intent(self, id: str, payment_id: UUID, amount_cents: int) -> str:
        """Give back what this payment took, in cents, once; returns the refund's id. Already refunded counts as done.

        Raises PaymentRefused too when the refund was made and then failed (a closed card): a person must act.
        """
        # Looking first makes this safe after a day as well, when Stripe has forgotten the idempotency key.
        if (done := await self._refund_of(id, payment_id)) is not None:
            return done
        try:
            async with self._asking("refund a payment intent", payment_id):
                refund = await self._refunds.create_async(
                    {"payment_intent": id, "amount": amount_cents, "metadata": {"payment_id": str(payment_id)}},
                    {"idempotency_key": f"refund-{payment_id}"},
                )
                return refund.id
        except PaymentRefused as refusal:
            # somebody refunded it in Stripe's dashboard
            if refusal.code != "charge_already_refunded" or (done := await self._refund_of(id, None)) is None:
                raise
            return done

    async def _refund_of(self, id: str, payment_id: UUID | None) -> str | None:
        """The refund that stands for this intent: ours for this payment, or (payment_id None) anyone's."""
        async with self._asking("list refunds", payment_id):
            refunds = (await self._refunds.list_async({"payment_intent": id, "limit": 100})).data
            ours = [one for one in refunds if payment_id is None or _noted(one) == str(payment_id)]
            standing = [one for one in ours if one.status not in ("failed", "canceled")]
        if ours and not standing:
            log.error("stripe_refund_failed", refund=ours[0].id, payment_id=str(payment_id))
            raise PaymentRefused("complete a refund", 200, "refund_failed", None)
        return standing[0].id if standing else None

    def read_event(self, raw_body: bytes, signature_header: str | None, now: datetime) -> Event:
        """Believe a webhook only if Stripe signed exactly these bytes, recently by `now` (aware).

        Raises WebhookDisabled without a secret, WebhookNotGenuine for anything else that is wrong with it.
        """
        if not self._webhook_secret:
            raise WebhookDisabled
        try:
            # tolerance None: the SDK would compare with its own clock, and let the future pass
            stripe.WebhookSignature.verify_header(raw_body, signature_header, self._webhook_secret, tolerance=None)
            age = now.timestamp() - _signed_at(signature_header or "")
            if not -WEBHOOK_LEEWAY_SECONDS <= age <= WEBHOOK_TOLERANCE_SECONDS:
                raise WebhookNotGenuine
            event = _Event.model_validate_json(raw_body)
        # besides its own error the SDK lets through those of strange bytes in the body or the header
        except (stripe.SignatureVerificationError, ValidationError, UnicodeError, ValueError, TypeError):
            raise WebhookNotGenuine from None
        thing = event.data.object
        return Event(event.id, event.type, thing.id if thing.object == "payment_intent" else thing.payment_intent)

    @asynccontextmanager
    async def _asking(self, operation: str, payment_id: UUID | None = None) -> AsyncIterator[None]:
        """Turn all that Stripe can do wrong into one of two exceptions, and log it without bodies or keys."""
        about = {"operation": operation, "payment_id": str(payment_id) if payment_id else None}
        try:
            async with asyncio.timeout(self._total_seconds):
                yield
        except TimeoutError:
            log.warning("stripe_unavailable", error="TimeoutError", **about)
            raise PaymentUnavailable from None
        except stripe.StripeError as error:
            about |= {"error": type(error).__name__, "code": error.code, "stripe_request_id": error.request_id}
            status = error.http_status or 0
            if _is_certain(error, status):
                log.error("stripe_refused", status=status, **about)
                raise PaymentRefused(operation, status, error.code, error.request_id) from None
            log.warning("stripe_unavailable", status=status, **about)
            raise PaymentUnavailable from None
        except (AttributeError, KeyError, TypeError, UnicodeError) as error:
            # 200, but not with what was asked for: whoever answered, it was not Stripe
            log.warning("stripe_unavailable", error=type(error).__name__, **about)
            raise PaymentUnavailable from None


def _is_certain(error: stripe.StripeError, status: int) -> bool:
    """Whether Stripe itself said no, for good. A proxy's 4xx page has no error object; 409 and 429 pass."""
    return 400 <= status < 500 and status not in (409, 429) and error.error is not None and error.code != "rate_limit"


def _intent(intent: stripe.PaymentIntent) -> Intent:
    return Intent(intent.id, intent.client_secret or "", intent.status, intent.amount, intent.amount_received)


def _noted(refund: stripe.Refund) -> str | None:
    noted = refund.metadata
    return noted["payment_id"] if noted is not None and "payment_id" in noted else None


def _signed_at(header: str) -> int:
    """Seconds since 1970, from the same place in the header as the SDK's check of the signature."""
    return int(next(item.removeprefix("t=") for item in header.split(",") if item.startswith("t=")))


class _Thing(BaseModel):
    id: str | None = None  # some of Stripe's objects have none
    object: str
    payment_intent: str | None = None


class _Data(BaseModel):
    object: _Thing


class _Event(BaseModel):
    """The part of a snapshot event that we read."""

    object: Literal["event"]
    id: str = Field(max_length=255)
    type: str = Field(max_length=255)
    data: _Data


def stripe_of(settings: Settings) -> Stripe:
    """Make the client that the settings ask for."""
    key, secret = settings.stripe_api_key, settings.stripe_webhook_secret
    return Stripe(
        api_key=key.get_secret_value() if key else "",
        api_base=settings.stripe_api_base,
        webhook_secret=secret.get_secret_value() if secret else "",
    )
