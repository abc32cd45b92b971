"""Request and response bodies for subscriptions to Premium."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from backend.http.schemas import Out

SubscriptionStatus = Literal[
    "none", "incomplete", "incomplete_expired", "trialing", "active", "past_due", "unpaid", "paused", "canceled"
]


class PageOfStripe(Out):
    """The address of a page of Stripe's."""

    url: str = Field(
        description="Open it in the merchant's browser.", examples=["https://checkout.stripe.com/c/pay/cs_1"]
    )


class SubscriptionOut(Out):
    """A merchant's subscription to Premium, and its price."""

    status: SubscriptionStatus = Field(
        description="`none`: never subscribed. The others are Stripe's; `past_due`: the payment of the month failed, "
        "and Stripe tries again.",
        examples=["active"],
    )
    entitled: bool = Field(description="Whether the merchant's shops have Premium now.", examples=[True])
    subscribing: bool = Field(
        description="Whether a page to subscribe was opened that is not known to be over.", examples=[False]
    )
    managed: bool = Field(description="Whether `POST /subscriptions/portal` leads somewhere.", examples=[True])
    net_cents: int = Field(description="The price of a month before VAT.", examples=[1999])
    vat_cents: int = Field(description="Its VAT.", examples=[400])
    total_cents: int = Field(description="What is paid each month.", examples=[2399])
    period_ends_at: datetime | None = Field(
        description="When the month that was billed last ends, and the next one is billed.",
        examples=["2026-12-29T10:00:00Z"],
    )
    cancels_at: datetime | None = Field(description="When the subscription ends, if that is decided.", examples=[None])
    ended_at: datetime | None = Field(description="When it ended.", examples=[None])
    unpaid_until: datetime | None = Field(
        description="Until when Premium stays although the month is not paid.", examples=[None]
    )
