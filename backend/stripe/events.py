"""Stripe's events: verify what its webhooks send, and list what they may have missed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import stripe
from pydantic import BaseModel, Field, TypeAdapter, ValidationError, WrapValidator

from backend.stripe.calls import StripeCalls, since, uuid_or_none
from backend.stripe.problems import WebhookDisabled, WebhookNotGenuine

WEBHOOK_TOLERANCE_SECONDS = 300  # Stripe's own default; older events may be replays
WEBHOOK_LEEWAY_SECONDS = 10  # how far Stripe's clock may be ahead of ours


@dataclass(frozen=True, slots=True)
class Event:
    """An event from a webhook. Only a hint: events may come late, twice and out of order, so fetch the state.

    object_id: of what it is about, if that has an id. account: the connected account where it happened; None means
    our own. payment_intent_id: the payment that it is about, if there is one.
    """

    id: str
    type: str
    payment_intent_id: str | None
    paid: UUID | None = None  # our payment, if the event is that somebody paid it, from the intent's metadata
    object_id: str | None = None
    account: str | None = None


class Events(StripeCalls):
    """The calls about events, and the check of a webhook's signature."""

    async def events_since(self, moment: datetime, event_type: str) -> dict[str, str]:
        """Return the events of one type since a moment (timezone-aware), each with the intent that it is about.

        Stripe lists events of the last 30 days, whether a webhook received them or not.
        """
        found: dict[str, str] = {}
        async with self._asking("list events"):
            page = await self._v1.events.list_async(
                {"type": event_type, "created": {"gte": since(moment)}, "limit": 100}
            )
            async for one in page.auto_paging_iter():
                intent = getattr(one.data.object, "payment_intent", None)
                if isinstance(intent, str):
                    found[one.id] = intent
        return found

    def read_event(self, raw_body: bytes, signature_header: str | None, now: datetime) -> Event:
        """Return a webhook's event if Stripe signed exactly these bytes, and recently as of `now` (timezone-aware).

        Raises WebhookDisabled without a webhook secret, WebhookNotGenuine if anything about the event is wrong.
        """
        if not self._webhook_secrets:
            raise WebhookDisabled
        try:
            if not any(_signed_with(secret, raw_body, signature_header) for secret in self._webhook_secrets):
                raise WebhookNotGenuine
            age = now.timestamp() - _signed_at(signature_header or "")
            if not -WEBHOOK_LEEWAY_SECONDS <= age <= WEBHOOK_TOLERANCE_SECONDS:
                raise WebhookNotGenuine
            event = _SomeEvent.validate_json(raw_body)
        # The SDK raises these for malformed bytes in the body or the header.
        except (ValidationError, UnicodeError, ValueError, TypeError):
            raise WebhookNotGenuine from None
        if isinstance(event, _ThinEvent):
            about = event.related_object
            return Event(event.id, event.type, None, object_id=about.id if about is not None else None)
        thing = event.data.object
        intent = thing.id if thing.object == "payment_intent" else thing.payment_intent
        # Who signs in at a connected account could write our ids into the metadata there.
        succeeded = event.type == "payment_intent.succeeded" and event.account is None
        paid = uuid_or_none((thing.metadata or {}).get("payment_id")) if succeeded else None
        return Event(event.id, event.type, intent, paid, thing.id, event.account)


def _signed_with(secret: str, raw_body: bytes, header: str | None) -> bool:
    try:
        # tolerance=None, because the SDK's own check ignores our `now` and accepts timestamps in the future.
        stripe.WebhookSignature.verify_header(raw_body, header, secret, tolerance=None)
    except stripe.SignatureVerificationError:
        return False
    return True


def _signed_at(header: str) -> int:
    """Return the header's timestamp in seconds since 1970: the same item that the SDK's signature check uses."""
    return int(next(item.removeprefix("t=") for item in header.split(",") if item.startswith("t=")))


def _only(kind: type) -> WrapValidator:
    """Read a value of another type as none, so that an event of a type that we do not use is accepted all the same."""
    return WrapValidator(lambda value, validate: validate(value) if isinstance(value, kind) else None)


_Id = Annotated[Annotated[str, Field(max_length=255)] | None, _only(str)]  # some of Stripe's objects have none


class _Thing(BaseModel):
    id: _Id = None
    object: _Id = None
    payment_intent: _Id = None
    metadata: Annotated[dict[str, Any] | None, _only(dict)] = None


class _Data(BaseModel):
    object: _Thing


class _Related(BaseModel):
    id: _Id = None


class _ThinEvent(BaseModel):
    """The fields that we read of an event of the v2 API. It names the object that changed and does not contain it."""

    object: Literal["v2.core.event"]
    id: str = Field(max_length=255)
    type: str = Field(max_length=255)
    related_object: _Related | None = None


class _Event(BaseModel):
    """The fields that we read of an event of the v1 API."""

    object: Literal["event"]
    id: str = Field(max_length=255)
    type: str = Field(max_length=255)
    account: str | None = Field(default=None, max_length=255)
    data: _Data


_SomeEvent: TypeAdapter[_Event | _ThinEvent] = TypeAdapter(
    Annotated[_Event | _ThinEvent, Field(discriminator="object")]
)
