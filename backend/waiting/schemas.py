"""Bodies of requests and answers about waiting lists and draws."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from backend.http.paging import Page
from backend.http.schemas import In, Out
from backend.reservations.schemas import ReservationSeen
from backend.shops.schemas import ShopBrief

LOT = "01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4"
ENTRY = "01980c5e-a412-7e3b-8c55-2f0a6b7d9e13"
Status = Literal["waiting", "offered", "taken", "lapsed", "left", "closed"]


class WaitingIn(In):
    """The portions to wait for."""

    quantity: int = Field(default=1, ge=1, le=1000, examples=[1])


class WaitingOut(Out):
    """An entry on a waiting list."""

    id: UUID = Field(examples=[ENTRY])
    lot_id: UUID = Field(examples=[LOT])
    title: str = Field(examples=["Panier du soir"])
    quantity: int = Field(description="Portions that you wait for.", examples=[1])
    status: Status = Field(
        description=(
            "`offered`: portions are kept for you until `offer_until`; `lapsed`: you did not take them in time; "
            "`closed`: the lot is closed."
        ),
        examples=["offered"],
    )
    place: int | None = Field(
        description="1 is next; null if a fair draw decides or if you no longer wait.", examples=[None]
    )
    offered: int | None = Field(description="Portions that are kept for you, at most `quantity`.", examples=[1])
    offer_until: datetime | None = Field(examples=["2026-11-22T16:45:00Z"])
    reservation_id: UUID | None = Field(description="The reservation of the portions that you took.", examples=[None])
    pickup_start: datetime = Field(examples=["2026-11-22T17:30:00Z"])
    pickup_end: datetime = Field(examples=["2026-11-22T18:30:00Z"])
    created_at: datetime = Field(examples=["2026-11-22T16:02:11Z"])
    shop: ShopBrief


class PickupsOut(Page[ReservationSeen]):
    """A page of your reservations, and what you wait for."""

    waiting: list[WaitingOut] = Field(
        description="Entries that wait or are offered portions, newest first: at most 100, with the first page only."
    )


class DrawnOut(Out):
    """A waiting-list entry that took part in a draw; no person."""

    waiting_id: UUID = Field(examples=[ENTRY])
    portions_lately: int = Field(description="Free portions received in the 30 days before.", examples=[3])
    offered: int = Field(description="Portions that this entry got in the draw.", examples=[1])


class DrawOut(Out):
    """A draw, with everything needed to compute it again.

    Entries with the fewest `portions_lately` come first, then by SHA-256 of the 32 bytes of `seed` followed by the 16
    bytes of `waiting_id`.
    """

    id: UUID = Field(examples=["01980c5e-b001-7f00-9a11-3c4d5e6f7081"])
    drawn_at: datetime = Field(examples=["2026-11-22T16:30:00Z"])
    seed: str = Field(description="32 bytes in hexadecimal.", examples=["6f" * 32])
    portions: int = Field(description="Portions that came back to the lot.", examples=[1])
    candidates: list[DrawnOut] = Field(description="In the order of the draw.")
    order_holds: bool = Field(description="Whether computing the draw again gives the same order.", examples=[True])
