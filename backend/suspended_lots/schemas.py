"""Bodies of requests and answers about suspended lots. Money is in euro cents."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from backend.http.schemas import In, Out
from backend.reservations.schemas import LOT, RESERVATION, WHEN, PaymentToMake, ReservationOut
from backend.shops.schemas import ShopBrief

IfUnclaimed = Literal["refund", "move"]
SuspendedStatus = Literal[
    "held", "cancelled", "expired", "offered", "unclaimed", "moved", "collected", "partly_collected", "kept", "refunded"
]
_IF_UNCLAIMED = (
    "What happens to portions that nobody has reserved by the end of the pickup window. `refund` gives you the money "
    "back. `move` offers them with another lot of the same shop that costs no more, and refunds what is left after "
    "7 days. What was reserved and not collected is paid to the shop, as if it had been bought."
)


class SuspendedLotIn(In):
    """Portions that you pay for and a beneficiary collects."""

    lot_id: UUID = Field(description="A published discounted lot.", examples=[LOT])
    quantity: int = Field(ge=1, le=1000, examples=[1])
    if_unclaimed: IfUnclaimed = Field(default="refund", description=_IF_UNCLAIMED, examples=["refund"])


class SuspendedLotEdit(In):
    """The changes that a donor may make."""

    if_unclaimed: IfUnclaimed = Field(description=_IF_UNCLAIMED, examples=["move"])


class SuspendedLotMade(ReservationOut):
    """A new suspended lot, held until it is paid: like a reservation without a pass."""

    if_unclaimed: IfUnclaimed = Field(examples=["refund"])
    payment: PaymentToMake


class SuspendedLotOut(Out):
    """A suspended lot as its donor sees it: that it was collected, never by whom or when."""

    id: UUID = Field(examples=[RESERVATION])
    status: SuspendedStatus = Field(
        description="`offered` until the window ends; `unclaimed` while we look for another lot; `moved` once it is "
        "offered there; in the end `collected`, `partly_collected`, `refunded`, or `kept`: reserved by somebody who "
        "did not come.",
        examples=["offered"],
    )
    lot_id: UUID = Field(description="The lot that offers its portions now.", examples=[LOT])
    title: str = Field(examples=["Panier du soir"])
    shop: ShopBrief = Field(description="Where its portions are collected.")
    quantity: int = Field(examples=[2])
    collected: int = Field(description="Portions collected in pickup windows that are over.", examples=[0])
    kept: int = Field(
        description="Portions reserved by somebody who did not come or cancelled too late. The shop kept them and is "
        "paid, as for a bought portion.",
        examples=[0],
    )
    unit_price_cents: int = Field(examples=[390])
    total_cents: int = Field(examples=[780])
    refunded_cents: int = Field(description="Refunded or being refunded.", examples=[0])
    if_unclaimed: IfUnclaimed = Field(examples=["refund"])
    hold_until: datetime | None = Field(examples=[None], description="An unpaid suspended lot is kept until then.")
    pickup_start: datetime = Field(examples=[WHEN])
    pickup_end: datetime = Field(examples=["2026-11-22T18:30:00+00:00"])
    created_at: datetime = Field(examples=["2026-11-22T12:00:00+00:00"])
