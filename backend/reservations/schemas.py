"""Bodies of requests and answers about reservations and passes."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from backend.accounts.schemas import Token
from backend.http.schemas import In, Out
from backend.lots.models import Allergen
from backend.shops.schemas import ShopBrief

LOT = "01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4"
RESERVATION = "01980c5e-9f01-7d40-8a11-5b1c0c9d7e21"
WHEN = "2026-11-22T17:30:00+00:00"
Status = Literal["held", "confirmed", "picked_up", "cancelled", "expired", "no_show"]


class ReservationIn(In):
    """The portions to reserve."""

    quantity: int = Field(ge=1, le=1000, examples=[1])


class PaymentToMake(Out):
    """The data with which a client pays through Stripe."""

    client_secret: str = Field(examples=["pi_3Q_secret_x"])
    payment_intent: str = Field(examples=["pi_3Q"])


class ReservationOut(Out):
    """A reservation without its person. Money is in euro cents, and only the holder sees it."""

    id: UUID = Field(examples=[RESERVATION])
    lot_id: UUID = Field(examples=[LOT])
    title: str = Field(examples=["Panier du soir"])
    quantity: int = Field(examples=[1])
    status: Status = Field(examples=["confirmed"])
    unit_price_cents: int | None = Field(description="null for the lot's merchant.", examples=[390])
    total_cents: int | None = Field(description="null for the lot's merchant.", examples=[390])
    hold_until: datetime | None = Field(examples=[None], description="An unpaid reservation is kept until then.")
    pickup_start: datetime = Field(examples=[WHEN])
    pickup_end: datetime = Field(examples=["2026-11-22T18:30:00+00:00"])
    created_at: datetime = Field(examples=["2026-11-22T12:00:00+00:00"])


class ReservationSeen(ReservationOut):
    """A reservation as its holder, or whoever works for the lot's shop, reads it."""

    station: str | None = Field(
        description="For the lot's shop: the name of the station where it was handed over, if no person did it.",
        examples=[None],
    )
    shown_at: datetime | None = Field(
        description="For the lot's shop: when the pass was shown at a station without a network, if it came later.",
        examples=[None],
    )
    shop: ShopBrief | None = Field(description="Where the portions are collected; null for the lot's shop.")


class ReservedFood(Out):
    """The facts of a lot about its food."""

    description: str = Field(examples=["Pains de la veille, encore bons."])
    allergens: list[Allergen] = Field(examples=[["gluten", "eggs", "milk"]])


class ReservationRead(ReservationSeen):
    """One reservation, with what its holder can do about it."""

    free_cancellation_until: datetime | None = Field(
        description="Until then it is cancelled with everything given back; null for the lot's shop.",
        examples=["2026-11-22T15:30:00+00:00"],
    )
    pass_locked: bool = Field(description="Whether wrong PINs locked the pass, so that it has to be renewed.")
    handed_at: datetime | None = Field(
        description="Since when the pass is handed to somebody; null if it is not.", examples=[None]
    )
    food: ReservedFood | None = Field(
        description="Of its lot; null for the lot's shop, and once you cannot read the lot."
    )
    problem_report_id: UUID | None = Field(
        description="The report that you made about it; null if there is none.", examples=[None]
    )


class ReservationMade(ReservationOut):
    """A new reservation. If it is held, `payment` says how to pay."""

    payment: PaymentToMake | None = Field(examples=[None])


class ShopToGoTo(Out):
    """The shop to collect at."""

    name: str = Field(examples=["Boulangerie du Marché"])
    address: str = Field(examples=["12 place du Marché, 67000 Strasbourg"])
    latitude: float = Field(examples=[48.5825])
    longitude: float = Field(examples=[7.7489])
    time_zone: str = Field(description="Of the pickup window, by the IANA's name.", examples=["Europe/Paris"])


class CheckoutOut(Out):
    """Where a hold is paid."""

    url: str = Field(
        description="The page of Stripe's. Open it in the browser of whoever pays.",
        examples=["https://checkout.stripe.com/c/pay/cs_live_a1B2c3"],
    )


class MailedPassIn(In):
    """The token from the link in the mail of a reservation."""

    token: Token


class PassOut(Out):
    """The pass that the holder shows at the counter. Nothing in it reveals the kind of lot."""

    qr: str = Field(examples=["EP1:7K3M9QXT4B:JBSWY3DPEHPK3PXPJBSWY3DPEH"])
    code: str = Field(examples=["7K3M9QXT4B"], description="To type if the QR cannot be scanned.")
    pin: str = Field(examples=["048213"])
    pickup_start: datetime = Field(examples=[WHEN])
    pickup_end: datetime = Field(examples=["2026-11-22T18:30:00+00:00"])
    shop: ShopToGoTo
