"""The requests and answers of links that ask for collections, of habits, and of recurring requests."""

from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from backend.collections.models import CollectionStatus
from backend.collections.schemas import COLLECTION, MOST_ITEMS, SHOP, FoodIn, ItemIn, OneLine
from backend.http.schemas import In, Out
from backend.lots.models import DateKind
from backend.recurring.schemas import TimeOfDay, TimeShown, Weekday

_NAME: dict[str, Any] = {"description": "Who has it, in your own words.", "examples": ["Équipe du soir"]}
_OPENS: dict[str, Any] = {"description": "In the shop's time zone.", "examples": ["19:00"]}
_CLOSES: dict[str, Any] = {
    "description": "A time that is not after `opens` is on the next day.",
    "examples": ["20:30"],
}
_NOTES: dict[str, Any] = {"description": "For whoever comes.", "examples": ["Sonner à la porte de service."]}
_WEEKDAYS: dict[str, Any] = {"description": "Monday is 1, Sunday 7.", "examples": [[1, 2, 3, 4, 5]]}
_FORM: dict[str, Any] = {
    "description": "The number of the form. Sent again with the same number, it is the same request.",
    "examples": [COLLECTION],
}


class LinkIn(In):
    """A link to make."""

    shop_id: UUID = Field(examples=[SHOP])
    name: OneLine = Field(max_length=100, **_NAME)


class LinkOut(Out):
    """A link with which whoever has it asks for collections of a shop, without an account."""

    id: UUID = Field(examples=[COLLECTION])
    shop_id: UUID = Field(examples=[SHOP])
    name: str = Field(**_NAME)
    created_at: datetime = Field(examples=["2026-11-30T15:02:10Z"])
    revoked_at: datetime | None = Field(examples=[None])
    last_used_at: datetime | None = Field(examples=[None])


class LinkMade(LinkOut):
    """A new link, with its address."""

    token: str = Field(description="Shown only now.", examples=["c2hvd24gaW4gdGhlIGRvY3VtZW50YXRpb24gb25seSE"])
    url: str = Field(
        description="The page where it is used.",
        examples=["https://ecopanier.example/collect/c2hvd24gaW4gdGhlIGRvY3VtZW50YXRpb24gb25seSE"],
    )


class LinkList(Out):
    """The links of a shop: those that stand first, then those that were revoked."""

    data: list[LinkOut]


class CollectForm(Out):
    """The purpose of a link, and the number of a new form."""

    shop: str = Field(examples=["Boulangerie de la Krutenau"])
    address: str = Field(examples=["12 rue de Zurich, 67000 Strasbourg"])
    time_zone: str = Field(description="Where the shop is, by the IANA's name.", examples=["Europe/Paris"])
    form: UUID = Field(**_FORM)


class CollectIn(In):
    """A request made with a link."""

    form: UUID = Field(**_FORM)
    items: list[ItemIn] = Field(min_length=1, max_length=MOST_ITEMS)
    window_start: datetime = Field(description="From when the food can be taken.", examples=["2026-11-30T17:30:00Z"])
    window_end: datetime = Field(description="Until when; at most 24 hours later.", examples=["2026-11-30T19:00:00Z"])
    notes: str = Field(default="", max_length=1000, **_NOTES)


class CollectAsked(Out):
    """A request that was made with a link."""

    collection_id: UUID = Field(examples=[COLLECTION])
    shop: str = Field(examples=["Boulangerie de la Krutenau"])
    status: CollectionStatus = Field(examples=["requested"])
    window_start: datetime = Field(examples=["2026-11-30T17:30:00Z"])
    window_end: datetime = Field(examples=["2026-11-30T19:00:00Z"])
    time_zone: str = Field(examples=["Europe/Paris"])


class UnsoldLot(Out):
    """A lot that can be collected, with the portions that nobody has."""

    lot_id: UUID = Field(examples=[COLLECTION])
    title: str = Field(examples=["Panier du soir"])
    category: str = Field(examples=["bakery"])
    left: int = Field(examples=[4])
    on_sale: bool = Field(description="false: it is over.", examples=[False])
    pickup_end: datetime = Field(examples=["2026-11-30T18:00:00Z"])
    date_kind: DateKind = Field(examples=["best_before"])
    food_date: date | None = Field(examples=["2026-12-04"])
    refusal: str | None = Field(
        description="The code of the problem by which its date forbids a collection now.", examples=[None]
    )


class UnsoldLots(Out):
    """The unsold lots that a shop can have collected, the last to end first; at most 100."""

    data: list[UnsoldLot]


class HabitIn(In):
    """Whether what a shop could not hand out is offered for collection by itself, and when it can be taken."""

    active: bool = Field(examples=[True])
    opens: TimeOfDay = Field(**_OPENS)
    closes: TimeOfDay = Field(**_CLOSES)
    notes: str = Field(default="", max_length=1000, **_NOTES)

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        _require_window(self.opens, self.closes)
        return self


class HabitOut(Out):
    """A shop's habit with what it could not hand out."""

    active: bool = Field(examples=[True])
    opens: TimeShown = Field(**_OPENS)
    closes: TimeShown = Field(**_CLOSES)
    notes: str = Field(**_NOTES)
    version: int = Field(description="As in its ETag; 0 before it was first set.", examples=[1])


class RecurringItem(FoodIn):
    """Food that is given again and again. At least one of `grams` or `kg`, `crates` and `portions` says how much."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"title": "Pains", "category": "bakery", "kg": 8, "crates": 2, "date_kind": "none"}]
        }
    )

    food_date_in_days: int | None = Field(
        default=None,
        ge=0,
        le=3650,
        description="Its date, in days after the collection; null if `date_kind` is `none`.",
        examples=[None],
    )

    @model_validator(mode="after")
    def _dated(self) -> Self:
        if (self.date_kind is DateKind.NONE) != (self.food_date_in_days is None):
            raise PydanticCustomError("food_date_mismatch", "A date belongs to use_by and best_before only")
        return self


class RecurringCollectionIn(In):
    """A request that comes back on the same weekdays, or what it becomes."""

    association_id: UUID | None = Field(
        default=None, description="Whom it is offered to; null: whoever fits best that day.", examples=[None]
    )
    weekdays: list[Weekday] = Field(min_length=1, max_length=7, **_WEEKDAYS)
    opens: TimeOfDay = Field(**_OPENS)
    closes: TimeOfDay = Field(**_CLOSES)
    items: list[RecurringItem] = Field(min_length=1, max_length=MOST_ITEMS)
    notes: str = Field(default="", max_length=1000, **_NOTES)
    first_day: date | None = Field(default=None, description="null: from today on.", examples=["2026-12-01"])
    last_day: date | None = Field(default=None, description="null: until you stop it.", examples=[None])
    active: bool = Field(default=True, description="false: paused.", examples=[True])

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if self.first_day and self.last_day and self.last_day < self.first_day:
            raise PydanticCustomError("days_reversed", "The last day is before the first")
        _require_window(self.opens, self.closes)
        return self


class NewRecurringCollection(RecurringCollectionIn):
    """A recurring request to make."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "shop_id": SHOP,
                    "weekdays": [1, 2, 3, 4, 5],
                    "opens": "19:00",
                    "closes": "20:30",
                    "items": [{"title": "Pains", "category": "bakery", "kg": 8, "date_kind": "none"}],
                }
            ]
        }
    )

    shop_id: UUID = Field(examples=[SHOP])


class DayIn(In):
    """A change of one day: skipped, or other hours."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"skipped": True}]})

    skipped: bool = Field(default=False, examples=[True])
    opens: TimeOfDay | None = Field(default=None, **_OPENS)
    closes: TimeOfDay | None = Field(default=None, **_CLOSES)

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if (self.opens is None) != (self.closes is None) or self.skipped == (self.opens is not None):
            raise PydanticCustomError("day_unclear", "Skip the day, or send both hours")
        if self.opens is not None:
            _require_window(self.opens, self.closes)
        return self


class DayOut(Out):
    """A day that is different."""

    day: date = Field(examples=["2026-12-24"])
    skipped: bool = Field(examples=[True])
    opens: str | None = Field(examples=[None])
    closes: str | None = Field(examples=[None])


class RecurringItemOut(Out):
    """Food that is given again and again."""

    title: str = Field(examples=["Pains"])
    category: str = Field(examples=["bakery"])
    grams: int | None = Field(examples=[8000])
    crates: int | None = Field(examples=[2])
    portions: int | None = Field(examples=[None])
    date_kind: DateKind = Field(examples=["none"])
    food_date_in_days: int | None = Field(examples=[None])
    cold: str = Field(examples=["none"])


class RecurringCollectionOut(Out):
    """A recurring request, with what is different on days from today on."""

    id: UUID = Field(examples=[COLLECTION])
    shop_id: UUID = Field(examples=[SHOP])
    association_id: UUID | None = Field(examples=[None])
    weekdays: list[int] = Field(**_WEEKDAYS)
    opens: str = Field(**_OPENS)
    closes: str = Field(**_CLOSES)
    items: list[RecurringItemOut]
    notes: str = Field(**_NOTES)
    first_day: date = Field(examples=["2026-12-01"])
    last_day: date | None = Field(examples=[None])
    active: bool = Field(examples=[True])
    last_problem: str | None = Field(
        description="The code of the problem that kept the last request from being made.", examples=[None]
    )
    version: int = Field(description="As in its ETag.", examples=[1])
    days: list[DayOut]


class RecurringCollections(Out):
    """The recurring requests of a shop, oldest first."""

    data: list[RecurringCollectionOut]


def _require_window(opens: str | None, closes: str | None) -> None:
    if opens == closes:
        raise PydanticCustomError("window_empty", "The window closes when it opens")
