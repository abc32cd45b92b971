"""The requests and answers of neighbours: suggested agreements, and where nobody collects."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

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
    """What the shops of a commune regularly leave of a category on a day of the week."""

    category: Category = Field(examples=["bakery"])
    weekday: int = Field(**_WEEKDAY)
    grams: int = Field(examples=[12400])


class LackInCommune(Out):
    """A category that associations of a commune lack."""

    category: Category = Field(examples=["dairy"])
    associations: int = Field(description="How many lack it.", examples=[2])


class UncollectedOut(Out):
    """What is regularly left in a commune, how much of it nobody collects, and what lacks there."""

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
