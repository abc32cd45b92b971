"""Request and response bodies for webhooks."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from backend.http.paging import Page
from backend.http.public_addresses import Why, https_address
from backend.http.schemas import In, Out
from backend.webhooks.events import EXAMPLE_ID, Owner

MOST_EVENTS = 50

Url = Annotated[str, StringConstraints(min_length=1, max_length=2000), AfterValidator(https_address)]
Description = Annotated[str, StringConstraints(max_length=100)]
Events = Annotated[list[str], Field(min_length=1, max_length=MOST_EVENTS)]

_URL: dict[str, Any] = {
    "description": "An https address with the name of a host. It is kept sealed and never shown again.",
    "examples": ["https://caisse.example.org/ecopanier"],
}
_DESCRIPTION: dict[str, Any] = {"description": "In your own words.", "examples": ["Caisse du magasin"]}
_EVENTS: dict[str, Any] = {
    "description": "What the endpoint is told of: types of `GET /v1/webhook-events`.",
    "examples": [["reservation.made.v1", "reservation.picked_up.v1"]],
}
_WHY = (
    "`address`: no public address; `unreachable`: no connection or no valid certificate; `timeout`: no answer within"
    " 5 seconds; `redirect`: redirects are not followed; `too_large`: an answer of more than 64 KiB; `gone`: 410;"
    " `status`: any other answer that is not 2xx"
)


class WebhookEndpointIn(In):
    """An address that is to be told what happens."""

    url: Url = Field(**_URL, repr=False)
    events: Events = Field(**_EVENTS)
    description: Description = Field(default="", **_DESCRIPTION)
    shop_id: UUID | None = Field(
        default=None,
        description=(
            "The shop, of which you are an owner. Without a shop and an organisation: the association that you act for."
            " API clients leave out both: theirs is the owner's of the client."
        ),
        examples=["01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4"],
    )
    organisation_id: UUID | None = Field(
        default=None, description="The organisation, of which you are an owner.", examples=[None]
    )


class WebhookEndpointChange(In):
    """Changes of an endpoint; a field that is not sent, or null, stays."""

    url: Url | None = Field(default=None, **_URL, repr=False)
    events: Events | None = Field(default=None, **_EVENTS)
    description: Description | None = Field(default=None, **_DESCRIPTION)
    on: bool | None = Field(
        default=None, description="Switch it off or on. What waits for it is not sent once it is off.", examples=[True]
    )


class WebhookEndpointOut(Out):
    """An endpoint, without its address and its secret."""

    id: UUID = Field(examples=["01980c5e-6a10-7a53-b7f4-2f0d7c1e9d51"])
    shop_id: UUID | None = Field(examples=["01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4"])
    association_id: UUID | None = Field(examples=[None])
    organisation_id: UUID | None = Field(examples=[None])
    description: str = Field(**_DESCRIPTION)
    events: list[str] = Field(**_EVENTS)
    host: str = Field(examples=["caisse.example.org"])
    ends_with: str = Field(description="The last 4 characters of the address.", examples=["nier"])
    created_at: datetime = Field(examples=["2026-11-29T08:15:00Z"])
    delivered_at: datetime | None = Field(description="When it last took a message.", examples=[None])
    failures: int = Field(description="Failures since then.", examples=[0])
    failing_since: datetime | None = Field(examples=[None])
    problem: Why | None = Field(description=f"Why the last message failed. {_WHY}.", examples=[None])
    off_at: datetime | None = Field(description="Since when nothing is sent.", examples=[None])
    off_because: Literal["owner", "gone", "failing"] | None = Field(
        description="`owner`: you switched it off; `gone`: it answered 410; `failing`: it failed for 5 days.",
        examples=[None],
    )
    two_secrets_until: datetime | None = Field(
        description="Until then messages are also signed with the secret before.", examples=[None]
    )


class WebhookEndpoints(Out):
    """Your endpoints, in the order in which they were added."""

    data: list[WebhookEndpointOut]


class WebhookSecretOut(Out):
    """A secret, which is shown this once."""

    secret: str = Field(
        description="What messages are signed with, as Standard Webhooks writes it. Keep it: it is not shown again.",
        examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="],
        repr=False,
    )


class WebhookEndpointAdded(WebhookEndpointOut, WebhookSecretOut):
    """A new endpoint with its secret, which is shown this once."""


class WebhookSecretRotated(WebhookSecretOut):
    """A new secret, and until when messages are signed with both."""

    two_secrets_until: datetime = Field(examples=["2026-11-30T08:15:00Z"])


class WebhookDeliveryOut(Out):
    """A message to an endpoint. It keeps nothing of the answer."""

    id: UUID = Field(examples=["01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4"])
    event_id: UUID = Field(
        description="The message's `id` and its header `webhook-id`: the same at each try.", examples=[EXAMPLE_ID]
    )
    type: str = Field(examples=["reservation.made.v1"])
    url: str = Field(examples=["https://ecopanier.example/v1/reservations/01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4"])
    at: datetime = Field(description="When it happened.", examples=["2026-11-29T08:15:00Z"])
    status: Literal["waiting", "delivered", "failed"] = Field(
        description="`waiting`: it is sent, or sent again, at `due_at`; `failed`: given up.", examples=["delivered"]
    )
    attempts: int = Field(examples=[1])
    attempted_at: datetime | None = Field(examples=["2026-11-29T08:15:02Z"])
    ms: int | None = Field(description="How long the last try took, in milliseconds.", examples=[84])
    problem: Why | Literal["off"] | None = Field(
        description=f"Why the last try failed. {_WHY}; `off`: the endpoint was switched off.", examples=[None]
    )
    due_at: datetime | None = Field(examples=[None])


class WebhookDeliveries(Page[WebhookDeliveryOut]):
    """Deliveries of the last 30 days, newest first."""


class WebhookQueued(Out):
    """The delivery that was queued."""

    delivery_id: UUID = Field(examples=["01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4"])


class WebhookData(Out):
    """Where the API tells more."""

    url: str = Field(examples=["https://ecopanier.example/v1/reservations/01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4"])


class WebhookMessage(Out):
    """The body of a message. It says what happened and where the API tells more, and nothing else."""

    id: UUID = Field(examples=[EXAMPLE_ID])
    type: str = Field(examples=["reservation.made.v1"])
    timestamp: datetime = Field(examples=["2026-11-29T08:15:00Z"])
    data: WebhookData


class WebhookEventOut(Out):
    """An event that endpoints can be told of."""

    type: str = Field(description="Its name ends with the version of its message.", examples=["reservation.made.v1"])
    owners: list[Owner] = Field(description="Whose endpoints can have it.", examples=[["shop"]])
    description: str = Field(examples=["Portions of a lot of the shop are reserved."])
    example: WebhookMessage


class WebhookEvents(Out):
    """All events."""

    data: list[WebhookEventOut]
