"""What enters and leaves about waiting lists and draws."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from backend.http.schemas import In, Out

LOT = "01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4"
ENTRY = "01980c5e-a412-7e3b-8c55-2f0a6b7d9e13"
Status = Literal["waiting", "offered", "taken", "lapsed", "left", "closed"]


class WaitingIn(In):
    """How many portions somebody waits for."""

    quantity: int = Field(default=1, ge=1, le=1000, examples=[1])


class WaitingOut(Out):
    """A place in line."""

    id: UUID = Field(examples=[ENTRY])
    lot_id: UUID = Field(examples=[LOT])
    title: str = Field(examples=["Panier du soir"])
    quantity: int = Field(description="Portions that are waited for.", examples=[1])
    status: Status = Field(
        description=(
            "`offered`: portions are kept until `offer_until`; `lapsed`: they were not taken in time; "
            "`closed`: the lot is over."
        ),
        examples=["offered"],
    )
    place: int | None = Field(
        description="1 is next; null where nobody is next: a fair draw decides, or one waits no more.", examples=[None]
    )
    offered: int | None = Field(description="Portions kept: all that came back, at most `quantity`.", examples=[1])
    offer_until: datetime | None = Field(examples=["2026-11-22T16:45:00Z"])
    reservation_id: UUID | None = Field(description="What was taken.", examples=[None])
    pickup_start: datetime = Field(examples=["2026-11-22T17:30:00Z"])
    pickup_end: datetime = Field(examples=["2026-11-22T18:30:00Z"])
    created_at: datetime = Field(examples=["2026-11-22T16:02:11Z"])


class DrawnOut(Out):
    """Somebody who took part in a draw, as the entry of the waiting list; no person."""

    waiting_id: UUID = Field(examples=[ENTRY])
    portions_lately: int = Field(description="Free portions received in the 30 days before.", examples=[3])
    offered: int = Field(description="Portions that the draw gave to this entry.", examples=[1])


class DrawOut(Out):
    """A draw, with all that it can be computed again from.

    Least `portions_lately` first, then by SHA-256 of the 32 bytes of `seed` followed by the 16 of `waiting_id`.
    """

    id: UUID = Field(examples=["01980c5e-b001-7f00-9a11-3c4d5e6f7081"])
    drawn_at: datetime = Field(examples=["2026-11-22T16:30:00Z"])
    seed: str = Field(description="32 bytes in hexadecimal.", examples=["6f" * 32])
    portions: int = Field(description="Portions that had come back.", examples=[1])
    candidates: list[DrawnOut] = Field(description="In the order drawn.")
    order_holds: bool = Field(description="Whether computing it again gives the same order.", examples=[True])
