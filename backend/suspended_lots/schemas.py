"""What enters and leaves about suspended lots. Money in euro cents."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from backend.http.schemas import In, Out
from backend.reservations.schemas import LOT, RESERVATION, WHEN, PaymentToMake, ReservationOut

IfUnclaimed = Literal["refund", "move"]
SuspendedStatus = Literal[
    "held", "cancelled", "expired", "offered", "unclaimed", "moved", "collected", "partly_collected", "refunded"
]
_IF_UNCLAIMED = (
    "What becomes of portions that nobody collected by the end of the pickup window: `refund` gives the money back; "
    "`move` offers them with another lot of the same shop that costs no more, and gives back what is left after 7 days."
)


class SuspendedLotIn(In):
    """Portions to pay for, so that a beneficiary may collect them."""

    lot_id: UUID = Field(description="A published discounted lot.", examples=[LOT])
    quantity: int = Field(ge=1, le=1000, examples=[1])
    if_unclaimed: IfUnclaimed = Field(default="refund", description=_IF_UNCLAIMED, examples=["refund"])


class SuspendedLotEdit(In):
    """What a donor may choose anew."""

    if_unclaimed: IfUnclaimed = Field(description=_IF_UNCLAIMED, examples=["move"])


class SuspendedLotMade(ReservationOut):
    """A suspended lot just made, held until it is paid: like a reservation, without a pass."""

    if_unclaimed: IfUnclaimed = Field(examples=["refund"])
    payment: PaymentToMake


class SuspendedLotOut(Out):
    """A gift as its donor sees it: that it was collected, never by whom or when."""

    id: UUID = Field(examples=[RESERVATION])
    status: SuspendedStatus = Field(
        description="`offered` until the window ends; `unclaimed` while another lot is looked for; `moved` once one is "
        "found; then `collected`, `partly_collected` or `refunded`.",
        examples=["offered"],
    )
    lot_id: UUID = Field(description="The lot that its portions are offered with now.", examples=[LOT])
    title: str = Field(examples=["Panier du soir"])
    quantity: int = Field(examples=[2])
    collected: int = Field(description="Portions collected in windows that are over.", examples=[0])
    unit_price_cents: int = Field(examples=[390])
    total_cents: int = Field(examples=[780])
    refunded_cents: int = Field(description="Given back, or on its way.", examples=[0])
    if_unclaimed: IfUnclaimed = Field(examples=["refund"])
    hold_until: datetime | None = Field(examples=[None], description="Until when an unpaid gift is kept.")
    pickup_start: datetime = Field(examples=[WHEN])
    pickup_end: datetime = Field(examples=["2026-11-22T18:30:00+00:00"])
    created_at: datetime = Field(examples=["2026-11-22T12:00:00+00:00"])
