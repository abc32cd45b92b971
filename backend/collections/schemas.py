"""The requests and answers of collections."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from backend.associations.schemas import ASSOCIATION, AssociationBrief
from backend.collections.models import Carrier, Cold, CollectionStatus
from backend.http.schemas import In, Out
from backend.lots.models import DateKind
from backend.lots.trade_numbers import Batch, Gtin
from backend.shops.models import Category

COLLECTION = "01980c5e-a1b2-7c3d-9e4f-5a6b7c8d9e0f"
SHOP = "01980c5e-6a10-7a53-b7f4-2f0d7c1e9a11"
LOT = "01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4"
MOST_ITEMS = 50
MOST_GRAMS = 100_000_000

AskedHow = Literal["member", "link", "unsold", "recurring", "association", "remainder"]
Part = Literal["shop", "giver", "association", "admin", "collector", "link", "program"]
May = Literal["accept", "refuse", "postpone", "cancel"]

# Shown in one line, in lists and on sheets.
OneLine = Annotated[str, StringConstraints(min_length=1, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$")]

_WINDOW_START: dict[str, Any] = {
    "description": "From when the food can be taken.",
    "examples": ["2026-11-30T17:30:00Z"],
}
_WINDOW_END: dict[str, Any] = {
    "description": "Until when; at most 24 hours later.",
    "examples": ["2026-11-30T19:00:00Z"],
}
_NOTES: dict[str, Any] = {"description": "For whoever comes.", "examples": ["Sonner à la porte de service."]}
_REASON: dict[str, Any] = {"examples": ["Notre chambre froide est pleine."]}
_GRAMS: dict[str, Any] = {"description": "The net weight of all of it, in grams.", "examples": [12500]}
_CRATES: dict[str, Any] = {"examples": [3]}
_PORTIONS: dict[str, Any] = {"examples": [8]}
_TITLE: dict[str, Any] = {"examples": ["Pains spéciaux"]}
_FOOD_DATE: dict[str, Any] = {"description": "The use-by or best-before date.", "examples": ["2026-12-04"]}
_BATCH: dict[str, Any] = {"description": "The batch number on the packaging.", "examples": ["L2447A"]}
_GTIN: dict[str, Any] = {"description": "The trade number under the bar code.", "examples": ["3017620422003"]}
_VALUE: dict[str, Any] = {"description": "At the original price, all of it, before VAT, in cents.", "examples": [4200]}


class LotOfCollection(In):
    """Portions of a lot to be collected."""

    lot_id: UUID = Field(examples=[LOT])
    portions: int | None = Field(
        default=None,
        ge=1,
        le=100_000,
        description="null: all that are left; once the lot is over, these are what nobody collected.",
        examples=[4],
    )


class FoodIn(In):
    """Food that is in no lot. At least one of `grams` or `kg`, `crates` and `portions` says how much."""

    title: OneLine = Field(max_length=200, **_TITLE)
    category: Category = Field(default=Category.OTHER, examples=["bakery"])
    grams: int | None = Field(default=None, ge=1, le=MOST_GRAMS, **_GRAMS)
    kg: Decimal | None = Field(
        default=None, gt=0, le=MOST_GRAMS // 1000, description="Instead of `grams`, in kilograms.", examples=[12.5]
    )
    crates: int | None = Field(default=None, ge=1, le=10_000, **_CRATES)
    portions: int | None = Field(default=None, ge=1, le=100_000, **_PORTIONS)
    date_kind: DateKind = Field(examples=["use_by"])
    cold: Cold = Field(default=Cold.NONE, description="How it must be kept on the way.", examples=["chilled"])
    batch: Batch | None = Field(default=None, **_BATCH)
    gtin: Gtin | None = Field(default=None, **_GTIN)
    value_cents: int | None = Field(default=None, ge=0, le=100_000_000, **_VALUE)

    @model_validator(mode="after")
    def _measured(self) -> Self:
        if self.kg is not None and self.grams is not None:
            raise PydanticCustomError("weight_twice", "Send grams or kg, not both")
        if self.kg is None and self.grams is None and self.crates is None and self.portions is None:
            raise PydanticCustomError("quantity_missing", "Say how much: grams, kg, crates or portions")
        return self

    def stored(self) -> dict[str, Any]:
        """Return the item as the database's act takes it, its weight in grams, rounded once."""
        grams = self.grams
        if self.kg is not None:
            grams = max(1, int((self.kg * 1000).quantize(Decimal(1), ROUND_HALF_UP)))
        return {**self.model_dump(mode="json", exclude={"kg"}), "grams": grams}


class ItemIn(FoodIn):
    """Food that is in no lot, with its date."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"title": "Pains spéciaux", "category": "bakery", "kg": 12.5, "crates": 3, "date_kind": "none"}
            ]
        }
    )

    food_date: date | None = Field(default=None, **_FOOD_DATE)

    @model_validator(mode="after")
    def _dated(self) -> Self:
        if (self.date_kind is DateKind.NONE) != (self.food_date is None):
            raise PydanticCustomError("food_date_mismatch", "A date belongs to use_by and best_before only")
        return self


class CollectionIn(In):
    """A request to have food collected."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "shop_id": SHOP,
                    "lots": [{"lot_id": LOT}],
                    "items": [{"title": "Pains spéciaux", "category": "bakery", "kg": 12.5, "date_kind": "none"}],
                    "window_start": "2026-11-30T17:30:00Z",
                    "window_end": "2026-11-30T19:00:00Z",
                    "notes": "Sonner à la porte de service.",
                }
            ]
        }
    )

    shop_id: UUID = Field(examples=[SHOP])
    association_id: UUID | None = Field(
        default=None,
        description="Whom you offer it to: a public association, or one that you have an agreement with. null: an "
        "operator decides.",
        examples=[None],
    )
    lots: list[LotOfCollection] = Field(default=[], max_length=MOST_ITEMS)
    items: list[ItemIn] = Field(default=[], max_length=MOST_ITEMS)
    window_start: datetime = Field(**_WINDOW_START)
    window_end: datetime = Field(**_WINDOW_END)
    notes: str = Field(default="", max_length=1000, **_NOTES)


class AcceptIn(In):
    """The association that receives a collection."""

    association_id: UUID | None = Field(
        default=None,
        description="For admins. By default, and for everybody else, the association that it is offered to.",
        examples=[None],
    )


class ReasonIn(In):
    """Why something does not take place, for those whom it concerns."""

    reason: OneLine = Field(max_length=500, **_REASON)


class PostponeIn(In):
    """Another window for a collection."""

    window_start: datetime = Field(**_WINDOW_START)
    window_end: datetime = Field(**_WINDOW_END)
    reason: OneLine = Field(max_length=500, **_REASON)


ReasonCode = Literal[
    "shop_unverified",
    "association_unverified",
    "house_closed",
    "house_suspended",
    "series_changed",
    "nobody_came",
    "recalled",
    "postponed",
    "cancelled",
    "collector_gone",
    "closed",
    "nobody",
    "missing",
    "refused",
    "no_room",
    "accident",
    "cold_chain",
    "other",
]
"""Why the program ended a collection, why it left its tour, or what a collector reported."""


class GivingShop(Out):
    """The shop that gives."""

    id: UUID = Field(examples=[SHOP])
    name: str = Field(examples=["Boulangerie de la Krutenau"])
    address: str = Field(examples=["12 rue de Zurich, 67000 Strasbourg"])


class ItemOut(Out):
    """One kind of food of a collection: what was offered, taken and accepted. Weights in grams."""

    id: UUID = Field(examples=[COLLECTION])
    lot_id: UUID | None = Field(examples=[LOT])
    title: str = Field(**_TITLE)
    category: Category = Field(examples=["bakery"])
    grams: int | None = Field(**_GRAMS)
    crates: int | None = Field(**_CRATES)
    portions: int | None = Field(**_PORTIONS)
    date_kind: DateKind = Field(examples=["use_by"])
    food_date: date | None = Field(**_FOOD_DATE)
    food_date_ends_at: datetime | None = Field(
        description="When that day ends where the food is.", examples=["2026-12-04T23:00:00Z"]
    )
    batch: str | None = Field(**_BATCH)
    gtin: str | None = Field(**_GTIN)
    cold: Cold = Field(examples=["chilled"])
    taken_grams: int | None = Field(examples=[None])
    taken_crates: int | None = Field(examples=[None])
    taken_portions: int | None = Field(examples=[None])
    accepted_grams: int | None = Field(examples=[None])
    accepted_crates: int | None = Field(examples=[None])
    accepted_portions: int | None = Field(examples=[None])
    refused_because: str | None = Field(examples=[None])


class CollectionOut(Out):
    """A collection, as those who take part in it see it."""

    id: UUID = Field(examples=[COLLECTION])
    status: CollectionStatus = Field(examples=["requested"])
    asked_how: AskedHow = Field(examples=["member"])
    shop: GivingShop | None = Field(description="null if an association gives.")
    giver: AssociationBrief | None = Field(description="The association that gives, where no shop does.")
    association: AssociationBrief | None = Field(
        description="Who receives it, or whom it is offered to; null: nobody yet."
    )
    from_point: UUID = Field(description="The collection point where it is taken.", examples=[COLLECTION])
    to_point: UUID | None = Field(description="The collection point where it is left.", examples=[ASSOCIATION])
    window_start: datetime = Field(**_WINDOW_START)
    window_end: datetime = Field(**_WINDOW_END)
    time_zone: str = Field(description="Where the food is, by the IANA's name.", examples=["Europe/Paris"])
    grams: int = Field(
        description="All of it. What has no weight counts with that of a meal a portion, and of a usual crate.",
        examples=[12500],
    )
    crates: int = Field(**_CRATES)
    portions: int = Field(**_PORTIONS)
    cold: Cold = Field(description="How the most sensitive of it must be kept.", examples=["chilled"])
    food_date_ends_at: datetime | None = Field(
        description="When the first use-by day ends.", examples=["2026-12-04T23:00:00Z"]
    )
    carrier: Carrier = Field(description="Who should drive, by its weight.", examples=["volunteer"])
    notes: str = Field(**_NOTES)
    reason: str | None = Field(description="Of its refusal, its end or its new window.", examples=[None])
    reason_code: ReasonCode | None = Field(
        description="Instead of `reason`, where the program ended it.", examples=[None]
    )
    remainder_of: UUID | None = Field(description="The collection of which this was not taken.", examples=[None])
    created_at: datetime = Field(examples=["2026-11-30T15:02:10Z"])
    changed_at: datetime = Field(examples=["2026-11-30T15:02:10Z"])
    version: int = Field(description="As in its ETag.", examples=[1])
    may: list[May] = Field(description="What you may do with it now.", examples=[["cancel"]])
    items: list[ItemOut]


class ChangeOut(Out):
    """Something that happened to a collection."""

    at: datetime = Field(examples=["2026-11-30T15:02:10Z"])
    change: str = Field(examples=["requested"])
    by: Part = Field(description="As what somebody did it.", examples=["shop"])
    reason: str | None = Field(examples=[None])
    reason_code: ReasonCode | None = Field(
        description="Instead of `reason`, where no person wrote one.", examples=[None]
    )


class CollectionDetail(CollectionOut):
    """A collection with its history."""

    history: list[ChangeOut] = Field(description="Oldest first.")
