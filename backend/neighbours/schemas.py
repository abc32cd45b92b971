"""The requests and answers of neighbours: suggested agreements, where nobody collects, and invited shops."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from backend.accounts.addresses import EmailAddress
from backend.http.schemas import In, Out
from backend.shops.models import Category

SHOP = "01980c5e-7b20-7f1a-9d3e-4c5b6a798812"
ASSOCIATION = "01980c5e-6a10-7a53-b7f4-2f0d7c1e9a12"

_WEEKDAY: dict[str, Any] = {"ge": 1, "le": 7, "description": "1 is Monday.", "examples": [2]}


class RegularLeftover(Out):
    """About how much a shop leaves of a category on a day of the week, as the median over 8 weeks."""

    weekday: int = Field(**_WEEKDAY)
    category: Category = Field(examples=["bakery"])
    grams: int = Field(description="Rounded down to 1, 2 or 5 of its order of magnitude.", examples=[5000])
    lacks: bool = Field(description="Whether the association lacks that category.", examples=[True])


class NeighbourOut(Out):
    """A neighbour with which an agreement would make sense, and why."""

    kind: Literal["shop", "association"] = Field(description="What the neighbour is.", examples=["shop"])
    id: UUID = Field(examples=[SHOP])
    name: str = Field(examples=["Boulangerie du Marché"])
    insee_code: str | None = Field(description="Its commune.", examples=["67482"])
    score: int = Field(
        ge=0, le=100, description="Need 40, distance 20, capacity 20, fairness over 30 days 20.", examples=[72]
    )
    distance_m: int = Field(description="As the crow flies, in steps of 100 m.", examples=[800])
    grams_a_week: int = Field(description="About what the association could take each week.", examples=[20000])
    leftovers: list[RegularLeftover] = Field(
        description="What the shop regularly leaves and the association takes, on days on which it takes any."
    )
    nobody_collects: bool = Field(
        description="Whether the shop has no agreement with any association.", examples=[True]
    )


class DismissalIn(In):
    """A suggestion that is of no interest."""

    shop_id: UUID = Field(description="As a shop, your own.", examples=[SHOP])
    association_id: UUID | None = Field(
        default=None, description="As a shop, the association; leave it out as an association.", examples=[ASSOCIATION]
    )


class LeftInCommune(Out):
    """The usual leftovers of the shops of a commune in a category on a day of the week."""

    category: Category = Field(examples=["bakery"])
    weekday: int = Field(**_WEEKDAY)
    grams: int = Field(examples=[12400])


class LackInCommune(Out):
    """A category that associations of a commune lack."""

    category: Category = Field(examples=["dairy"])
    associations: int = Field(description="How many lack it.", examples=[2])


class UncollectedOut(Out):
    """The usual leftovers in a commune, how much of it nobody collects, and what lacks there."""

    insee_code: str = Field(examples=["67482"])
    name: str = Field(examples=["Strasbourg"])
    shops: int = Field(description="Verified shops with regular leftovers.", examples=[12])
    grams_a_week: int = Field(description="What they leave each week.", examples=[96000])
    without_agreement: int = Field(description="Of these shops, those without a running agreement.", examples=[7])
    without_agreement_grams: int = Field(description="What those leave each week.", examples=[41000])
    without_association: int = Field(
        description="Of those, the shops from which no association would fetch that food: its categories and its "
        "distance.",
        examples=[2],
    )
    without_collector: int = Field(description="Of those, the shops in no verified collector's area.", examples=[3])
    left: list[LeftInCommune]
    lacks: list[LackInCommune]


class ShopInvitationIn(In):
    """Another shop to invite: by mail, or with a link to hand over."""

    email: EmailAddress | None = Field(
        default=None, description="Where the invitation is mailed; without it you get a link.", examples=[None]
    )
    name: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="The shop's name, for the sheet with the link. It is given back and not kept.",
        examples=["Fromagerie du Pont"],
    )


class ShopInvitationOut(Out):
    """An invitation that was made. The answer is the same for every address."""

    id: UUID = Field(examples=["01980c5e-9d21-7c48-9a36-0b7f5ce1d402"])
    link: str | None = Field(
        description="The link to hand over, shown only now; null where it is mailed.",
        examples=["https://ecopanier.example/join-shop/6Yt0…"],
    )
    name: str | None = Field(examples=["Fromagerie du Pont"])
    ends_at: datetime = Field(description="Until when the link works, once.", examples=["2027-02-27T19:00:00Z"])
    left_this_week: int = Field(description="How many more your shop may make within 7 days.", examples=[19])


class ShopInvitationsCounted(Out):
    """The outcomes of a shop's invitations. Up to two, that would tell about the one or two: then it is null."""

    invited: int = Field(examples=[12])
    opened: int | None = Field(description="Somebody went on from the page of the link.", examples=[5])
    registered: int | None = Field(examples=[3])
    verified: int | None = Field(description="An admin verified the shop.", examples=[2])
    first_lot: int | None = Field(description="The shop published its first lot.", examples=[1])
    left_this_week: int = Field(examples=[17])


class InvitedBy(Out):
    """The inviting shop, for whoever has the link."""

    shop: str = Field(description="The shop that invites.", examples=["Boulangerie du Marché"])
    ends_at: datetime = Field(examples=["2027-02-27T19:00:00Z"])


class InvitationMonth(Out):
    """The outcomes of the invitations that were made in a month."""

    month: date = Field(description="Its first day.", examples=["2026-11-01"])
    invited: int = Field(examples=[120])
    opened: int = Field(examples=[48])
    refused: int = Field(examples=[4])
    registered: int = Field(examples=[31])
    verified: int = Field(examples=[22])
    first_lot: int = Field(examples=[15])


class InvitationMonths(Out):
    """The months in which shops invited others, the newest first."""

    data: list[InvitationMonth]
