"""Request and response bodies of payouts, balances and disputes."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from backend.http.schemas import In, Out

SHOP = "01980c5e-6a10-7a53-b7f4-2f0d7c1e9a11"
LOT = "01980c5e-6a10-7a53-b7f4-2f0d7c1e9b21"
TRANSFER = "01980c5e-6a10-7a53-b7f4-2f0d7c1e9d31"

PayoutState = Literal["new", "onboarding", "restricted", "active", "closed"]


class PayoutAccountLink(Out):
    """A link to the page on which a shop's owner gives Stripe what it needs to pay the shop out."""

    url: str = Field(
        description="It works once and for some minutes. Open it in the owner's browser.",
        examples=["https://connect.stripe.com/setup/e/acct_1/x"],
    )
    expires_at: datetime = Field(examples=["2026-07-20T08:20:00Z"])


class PayoutAccountOut(Out):
    """The state of a shop's payout account."""

    state: PayoutState = Field(
        description="`new`: not begun. `onboarding`: Stripe has not checked it yet. `restricted`: Stripe asks for more "
        "and transfers wait. `active`: transfers go out. `closed`: it was closed at Stripe.",
        examples=["onboarding"],
    )
    due: list[str] = Field(description="What Stripe still asks for, in its words.", examples=[["external_account"]])
    overdue: bool = Field(
        description="true: so much money waits, or for so long, that no discounted lot can be published before the "
        "account is active.",
        examples=[False],
    )


class BalanceOut(Out):
    """The money of a shop, in cents. Lots count once they are closed: hours after their report window ended."""

    due_cents: int = Field(description="Due to the shop and not on its way yet.", examples=[35100])
    in_transfer_cents: int = Field(description="On its way: at Stripe, before the next payout.", examples=[12050])
    paid_cents: int = Field(description="Paid to the shop's bank so far.", examples=[248030])
    debt_cents: int = Field(description="Owed by the shop; it is netted from what comes.", examples=[0])


class LedgerCorrection(Out):
    """A later change of a closed lot, such as a refund. Cents are added to those of the lot."""

    at: datetime = Field(examples=["2026-08-02T01:10:00Z"])
    gross_cents: int = Field(examples=[-399])
    commission_cents: int = Field(examples=[-40])
    vat_cents: int = Field(examples=[-8])
    net_cents: int = Field(examples=[-351])


class ClosedLotOut(Out):
    """The total of one closed lot. Sold and suspended portions count together."""

    lot_id: UUID = Field(examples=[LOT])
    title: str = Field(examples=["Panier de pain"])
    window_ended_at: datetime = Field(examples=["2026-07-20T18:00:00Z"])
    closed_at: datetime = Field(examples=["2026-07-23T01:10:00Z"])
    portions: int = Field(description="Portions that were paid for, collected or not.", examples=[4])
    gross_cents: int = Field(description="What was paid for them, with VAT.", examples=[1596])
    commission_cents: int = Field(description="The platform's commission, before VAT.", examples=[160])
    vat_cents: int = Field(description="VAT on the commission.", examples=[32])
    net_cents: int = Field(description="Due to the shop.", examples=[1404])
    corrections: list[LedgerCorrection]
    transferred: bool = Field(description="Whether a transfer has settled it.", examples=[True])


class PayoutTransferOut(Out):
    """A transfer that is part of a payout."""

    id: UUID = Field(examples=[TRANSFER])
    cents: int = Field(examples=[1404])
    lots: int = Field(description="How many closed lots it settled.", examples=[3])


class PayoutOut(Out):
    """A payout of Stripe to the shop's bank."""

    id: str = Field(examples=["po_1"])
    cents: int = Field(examples=[12050])
    status: str = Field(
        description="Stripe's: `pending`, `in_transit`, `paid`, `failed` or `canceled`.", examples=["paid"]
    )
    arrives_on: date = Field(examples=["2026-07-27"])
    made_at: datetime = Field(examples=["2026-07-25T03:00:00Z"])
    transfers: list[PayoutTransferOut]


class DisputeOut(Out):
    """A cardholder's dispute of a payment, without the person."""

    id: str = Field(examples=["du_1"])
    shop_id: UUID | None = Field(examples=[SHOP])
    shop_name: str | None = Field(examples=["Boulangerie de la Krutenau"])
    reservation_id: UUID | None = Field(examples=["01980c5e-6a10-7a53-b7f4-2f0d7c1e9e41"])
    cents: int = Field(examples=[399])
    fee_cents: int = Field(description="Stripe's fee for the dispute.", examples=[2000])
    status: str = Field(description="Stripe's, such as `needs_response`, `won` or `lost`.", examples=["needs_response"])
    reason: str = Field(examples=["product_not_received"])
    answer_by: datetime | None = Field(examples=["2026-08-05T22:00:00Z"])
    opened_at: datetime = Field(examples=["2026-07-25T09:00:00Z"])
    closed_at: datetime | None = Field(examples=[None])
    borne_by: Literal["platform", "shop"] | None = Field(
        description="Who bears a lost dispute, once an admin has decided; the platform until then.", examples=[None]
    )


class DisputeDecisionIn(In):
    """The decision who bears a lost dispute."""

    borne_by: Literal["platform", "shop"] = Field(examples=["shop"])


class ShopInDebt(Out):
    """A shop that owes the platform money."""

    shop_id: UUID = Field(examples=[SHOP])
    name: str | None = Field(description="None once the shop was erased.", examples=["Boulangerie de la Krutenau"])
    debt_cents: int = Field(examples=[351])
