"""Request and response bodies of custody."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from backend.http.schemas import In, Out
from backend.tours.step_schemas import COLLECTION, ITEM, MOST_GRAMS, AmountIn, Degrees

Outcome = Literal["distributed", "compost", "feed", "bin"]

EntryKind = Literal[
    "taken",
    "left",
    "temperature",
    "signature",
    "photo",
    "incident",
    "received",
    "recalled",
    "distributed",
    "compost",
    "feed",
    "bin",
]
_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class TraceEntry(Out):
    """An entry of a chain of custody. It names no person."""

    number: int = Field(description="Its place in the chain, in the order of arrival.", examples=[1])
    kind: EntryKind = Field(examples=["taken"])
    at: datetime = Field(description="When it happened.", examples=["2026-07-20T17:05:00Z"])
    recorded_at: datetime = Field(examples=["2026-07-20T17:06:00Z"])
    content: dict[str, Any] = Field(
        description="Quantities by item, degrees, the place, and what else was said.", examples=[{"degrees": 3.5}]
    )
    previous: str = Field(
        description="The hash of the entry before; zeros at the beginning.", examples=["00" * 32], min_length=64
    )
    hash: str = Field(description="SHA-256, in hexadecimal digits.", examples=[_HASH])


class TraceItem(Out):
    """An item of a collection: asked, taken, left and accepted, in grams or pieces."""

    item_id: UUID = Field(examples=[ITEM])
    lot_id: UUID | None = Field(examples=[None])
    title: str = Field(examples=["Pains de la veille"])
    batch: str | None = Field(examples=["L2447"])
    gtin: str | None = Field(examples=[None])
    grams: int | None = Field(examples=[30000])
    crates: int | None = Field(examples=[None])
    portions: int | None = Field(examples=[None])
    taken_grams: int | None = Field(examples=[22000])
    taken_crates: int | None = Field(examples=[None])
    taken_portions: int | None = Field(examples=[None])
    left_grams: int | None = Field(examples=[22000])
    left_crates: int | None = Field(examples=[None])
    left_portions: int | None = Field(examples=[None])
    accepted_grams: int | None = Field(examples=[15000])
    accepted_crates: int | None = Field(examples=[None])
    accepted_portions: int | None = Field(examples=[None])
    refused_because: str | None = Field(examples=["Moisi"])
    frozen_because: Literal["cold_chain", "recalled"] | None = Field(examples=[None])


class Trace(Out):
    """The chain of custody of a collection, with what of each item came through."""

    collection_id: UUID = Field(examples=[COLLECTION])
    status: str = Field(examples=["received"])
    shop_id: UUID | None = Field(examples=["01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4"])
    giver_id: UUID | None = Field(description="The association that gives, where no shop does.", examples=[None])
    association_id: UUID | None = Field(examples=["01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f5"])
    items: list[TraceItem]
    entries: list[TraceEntry]


class ReceivedItemIn(AmountIn):
    """The accepted amount of an item, and why the rest is refused."""

    item_id: UUID = Field(examples=[ITEM])
    refused_because: Annotated[str, StringConstraints(min_length=1, max_length=500)] | None = Field(
        default=None, description="Needed if less is accepted than was taken.", examples=["Moisi"]
    )


class ReceptionIn(In):
    """The accepted amounts of a collection. An item that is not named is accepted as it was taken."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"items": [{"item_id": ITEM, "grams": 15000, "refused_because": "Moisi"}], "degrees": 3.5}]
        }
    )

    items: list[ReceivedItemIn] = Field(default_factory=list, max_length=200)
    degrees: Degrees | None = Field(default=None, description="In °C, with one decimal.", examples=[3.5])

    @model_validator(mode="after")
    def _each_item_once(self) -> Self:
        if len({item.item_id for item in self.items}) != len(self.items):
            raise PydanticCustomError("items_twice", "Each item once")
        return self


class ReceptionOut(Out):
    """The outcome of a collection: taken, accepted, refused, distributed and lost, with its impact."""

    collection_id: UUID = Field(examples=[COLLECTION])
    received_at: datetime = Field(examples=["2026-07-20T18:40:00Z"])
    degrees: float | None = Field(examples=[3.5])
    taken_grams: int = Field(examples=[22000])
    accepted_grams: int = Field(examples=[15000])
    refused_grams: int = Field(examples=[7000])
    distributed_grams: int = Field(description="As the association declares.", examples=[12000])
    lost_grams: int = Field(description="To compost, feed or the bin, as it declares.", examples=[1000])
    undeclared_grams: int = Field(examples=[2000])
    food_grams: int = Field(description="What counts as saved food.", examples=[15000])
    meals: float = Field(examples=[30])
    co2e_kg: float = Field(description="Saved by the food, less that of the transport.", examples=[26.2])
    transport_co2e_kg: float = Field(description="Emitted for this collection's share of the tour.", examples=[0.8])
    transport_km: float = Field(description="This collection's share of the tour.", examples=[4])
    vehicle: str | None = Field(examples=["car"])


class OutcomeIn(In):
    """Food of a collection that an association distributed or lost."""

    outcome: Outcome = Field(description="`distributed`, or where it was lost to.", examples=["distributed"])
    grams: int = Field(ge=1, le=MOST_GRAMS, examples=[12000])
    day: date = Field(examples=["2026-07-21"])
    note: Annotated[str, StringConstraints(max_length=500)] = Field(default="", examples=["Distribution du mardi"])


class OutcomeOut(Out):
    """A declaration of what became of some of a reception."""

    id: UUID = Field(examples=["01980c5e-9a10-7a53-b7f4-2f0d7c1e9c01"])
    outcome: Outcome = Field(examples=["distributed"])
    grams: int = Field(examples=[12000])
    day: date = Field(examples=["2026-07-21"])
    note: str = Field(examples=["Distribution du mardi"])
    declared_at: datetime = Field(examples=["2026-07-21T18:00:00Z"])


class ValueIn(In):
    """The cost of an item to the shop, for all that was asked of it."""

    item_id: UUID = Field(examples=[ITEM])
    value_cents: int = Field(ge=0, le=100_000_000, examples=[4500])


class ValuesIn(In):
    """The cost of a collection's items to the shop."""

    items: list[ValueIn] = Field(min_length=1, max_length=200)


class DonationIn(In):
    """A donation receipt to issue."""

    association_id: UUID = Field(examples=["01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f5"])
    shop_id: UUID = Field(examples=["01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4"])
    first_day: date = Field(examples=["2026-01-01"])
    last_day: date = Field(examples=["2026-12-31"])
    purpose: Annotated[str, StringConstraints(min_length=1, max_length=300)] = Field(
        description="The association's object, as its statutes say.", examples=["Aide alimentaire"]
    )
    quality: Annotated[str, StringConstraints(min_length=1, max_length=300)] = Field(
        description="Its quality, as the form lists them.",
        examples=["Association d'intérêt général"],
    )
    attests: Literal[True] = Field(
        description="That gifts to the association open the right to the tax reduction of article 238 bis of the CGI.",
        examples=[True],
    )

    @model_validator(mode="after")
    def _days_are_in_order(self) -> Self:
        if self.last_day < self.first_day:
            raise PydanticCustomError("days_in_order", "The last day is not before the first")
        return self


class DonationOut(Out):
    """A donation receipt, which does not change any more."""

    id: UUID = Field(
        description="For `GET /donation-receipts/{paper_id}.pdf`.", examples=["01980c5e-9a10-7a53-b7f4-2f0d7c1e9e01"]
    )
    number: str = Field(description="Without gaps, of the association and the year.", examples=["2026-0001"])
    association_id: UUID = Field(examples=["01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f5"])
    shop_id: UUID = Field(examples=["01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4"])
    first_day: date = Field(examples=["2026-01-01"])
    last_day: date = Field(examples=["2026-12-31"])
    value_cents: int = Field(examples=[45000])
    issued_at: datetime = Field(examples=["2027-01-05T09:00:00Z"])


Dimension = Literal["shop", "association", "collector", "commune"]


class MonthRow(Out):
    """The food collected in a month by a shop, for an association, by a collector or in a commune."""

    id: str | None = Field(
        description="Of the shop, the association or the collector, or the INSEE code; null: unseen drivers.",
        examples=["01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4"],
    )
    name: str | None = Field(examples=["Boulangerie de la Krutenau"])
    collections: int = Field(examples=[12])
    tours: int = Field(examples=[5])
    trips_saved: int = Field(examples=[7])
    asked_grams: int = Field(examples=[300000])
    collected_grams: int = Field(examples=[220000])
    accepted_grams: int = Field(examples=[210000])
    refused_grams: int = Field(examples=[10000])
    distributed_grams: int = Field(examples=[200000])
    lost_grams: int = Field(description="Declared as compost, feed or bin.", examples=[5000])
    metres: int = Field(examples=[42000])
    transport_co2e_grams: int = Field(examples=[8064])


class MonthOfCollections(Out):
    """The food collected in a month."""

    month: str = Field(examples=["2026-07"])
    by: Dimension = Field(examples=["shop"])
    rows: list[MonthRow] = Field(description="The most food first.")


class CratesAtPoint(Out):
    """How many reusable crates were brought to a point, and how many were fetched."""

    point_id: UUID = Field(examples=["01980c5e-9a10-7a53-b7f4-2f0d7c1e9f01"])
    name: str = Field(examples=["Boulangerie de la Krutenau"])
    brought: int = Field(examples=[12])
    fetched: int = Field(examples=[10])
