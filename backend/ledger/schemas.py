"""Answers about the ledger: postings with their lines, and what the last check found. No person stands in it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from backend.http.schemas import Out

AccountKind = Literal[
    "stripe",
    "held",
    "shop",
    "commission",
    "vat",
    "fees",
    "suspended",
    "disputes",
    "dispute_fees",
    "losses",
    "bank",
    "subscriptions",
    "rounding",
    "unmatched",
    "connected",
    "earned",
    "funder",
    "fund",
    "subsidy",
]


class LineOut(Out):
    """One line of a posting."""

    account: str = Field(description="The kind of the account.", examples=["held"])
    shop_id: UUID | None = Field(description="The shop, if the account is a shop's.", examples=[None])
    fund_id: UUID | None = Field(description="The fund, if the account is a fund's.", examples=[None])
    book: Literal["platform", "shop", "subsidy"] = Field(
        description="The platform's books, a shop's own at Stripe, or what a fund commits and grants."
    )
    cents: int = Field(description="What it debits (+) or credits (-) the account with.", examples=[-399])


class PostingOut(Out):
    """Something that moved money, posted once."""

    id: int = Field(examples=[7])
    kind: str = Field(examples=["sale"])
    source: str = Field(description="Stripe's id, or that of what it is about.", examples=["pi_3Q0"])
    reservation_id: UUID | None = Field(description="The reservation that was paid, if it is about one.")
    event_at: datetime = Field(description="When it happened.")
    lines: list[LineOut] = Field(description="They come to 0 in each book.")


class DifferenceOut(Out):
    """Something that is not as it must be."""

    kind: str = Field(examples=["unknown"])
    source: str | None = Field(description="Stripe's id, if it is about one.", examples=["txn_1"])
    reservation_id: UUID | None
    shop_id: UUID | None
    cents: int = Field(description="By how much, as far as that can be said.", examples=[-399])


class DifferencesOut(Out):
    """The findings of the last check of the ledger."""

    checked_at: datetime | None = Field(description="When it was; null before the first one.")
    lines: int = Field(description="How many lines the ledger had.", examples=[40])
    count: int = Field(description="How many differences there were; the first thousand are listed.", examples=[0])
    differences: list[DifferenceOut]
