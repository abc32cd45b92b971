"""Request and response bodies for recurring listings. Amounts in euro cents; days and times are the shop's."""

from datetime import date, datetime, time
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints

from backend.http.schemas import In, Out, if_sent
from backend.lots import offered
from backend.lots.models import Allergen, DateKind, Kind, ReductionGround
from backend.lots.schemas import PHOTO
from backend.lots.trade_numbers import Gtin
from backend.shops.models import Category
from backend.shops.schemas import SHOP

LISTING = "01980c5e-c5d6-7a21-b3e4-7f9a0c2d4e61"


def _to_the_minute(value: Any) -> Any:
    return value.strftime("%H:%M") if isinstance(value, time) else value


TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
TimeShown = Annotated[str, BeforeValidator(_to_the_minute)]
Weekday = Annotated[int, Field(ge=1, le=7)]

_QUANTITY: dict[str, Any] = {"ge": 1, "le": 1000, "description": "Portions a day.", "examples": [5]}
_WEEKDAYS: dict[str, Any] = {
    "min_length": 1,
    "max_length": 7,
    "description": "Monday is 1, Sunday 7.",
    "examples": [[1, 2, 3, 4, 5]],
}
_PUBLISH_AT: dict[str, Any] = {"description": "When each day's lot is published.", "examples": ["18:00"]}
_FROM: dict[str, Any] = {"examples": ["18:30"]}
_UNTIL: dict[str, Any] = {
    "description": "A time that is not after `pickup_from` is on the next day.",
    "examples": ["20:00"],
}
_FOOD_DATE: dict[str, Any] = {
    "ge": 0,
    "le": 3650,
    "description": "The food's date, in days after publication; null if `date_kind` is `none`.",
    "examples": [1],
}
_GTIN: dict[str, Any] = {
    "description": "The number under the bar code. While any of its batches is recalled, nothing is published.",
    "examples": [None],
}
_BECOMES_FREE: dict[str, Any] = {
    "ge": 1,
    "le": 1440,
    "description": "How many minutes before the pickup window ends unsold portions become free; null: never.",
    "examples": [30],
}


class RecurringIn(In):
    """A lot to publish on each of these weekdays, from the next publication time on."""

    shop_id: UUID = Field(examples=[SHOP])
    title: str = Field(**offered.TITLE)
    description: str = Field(**offered.DESCRIPTION)
    category: Category = Field(examples=["bakery"])
    kind: Kind = Field(examples=["discounted"])
    original_price_cents: int = Field(**offered.ORIGINAL_PRICE)
    price_cents: int = Field(**offered.PRICE)
    quantity: int = Field(**_QUANTITY)
    weekdays: list[Weekday] = Field(**_WEEKDAYS)
    publish_at: TimeOfDay = Field(**_PUBLISH_AT)
    pickup_from: TimeOfDay = Field(**_FROM)
    pickup_until: TimeOfDay = Field(**_UNTIL)
    date_kind: DateKind = Field(examples=["best_before"])
    food_date_in_days: int | None = Field(default=None, **_FOOD_DATE)
    allergens: list[Allergen] = Field(**offered.ALLERGENS)
    cold_chain: bool = Field(**offered.COLD_CHAIN)
    weight_grams: int | None = Field(default=None, **offered.WEIGHT)
    photo_id: UUID | None = Field(default=None, **offered.PHOTO_ID)
    gtin: Gtin | None = Field(default=None, **_GTIN)
    becomes_free_minutes: int | None = Field(default=None, **_BECOMES_FREE)
    origin: str | None = Field(default=None, **offered.ORIGIN)
    reduction_ground: ReductionGround | None = Field(default=None, **offered.GROUND)


class RecurringEdit(In):
    """Changes from the next publication on. Fields that are not sent stay as they are."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"quantity": 6, "weekdays": [1, 2, 3, 4, 5, 6]}]})

    title: str = if_sent(**offered.TITLE)
    description: str = if_sent(**offered.DESCRIPTION)
    category: Category = if_sent(examples=["bakery"])
    kind: Kind = if_sent(examples=["discounted"])
    original_price_cents: int = if_sent(**offered.ORIGINAL_PRICE)
    price_cents: int = if_sent(**offered.PRICE)
    quantity: int = if_sent(**_QUANTITY)
    weekdays: list[Weekday] = if_sent(**_WEEKDAYS)
    publish_at: TimeOfDay = if_sent(**_PUBLISH_AT)
    pickup_from: TimeOfDay = if_sent(**_FROM)
    pickup_until: TimeOfDay = if_sent(**_UNTIL)
    date_kind: DateKind = if_sent(examples=["best_before"])
    food_date_in_days: int | None = if_sent(**_FOOD_DATE)
    allergens: list[Allergen] = if_sent(**offered.ALLERGENS)
    cold_chain: bool = if_sent(**offered.COLD_CHAIN)
    weight_grams: int | None = if_sent(**offered.WEIGHT)
    photo_id: UUID | None = if_sent(**offered.PHOTO_ID)
    gtin: Gtin | None = if_sent(**_GTIN)
    becomes_free_minutes: int | None = if_sent(**_BECOMES_FREE)
    origin: str | None = if_sent(**offered.ORIGIN)
    reduction_ground: ReductionGround | None = if_sent(**offered.GROUND)


class DayIn(In):
    """Changes to one day: skip it, or set the fields that differ from other days."""

    skipped: bool = Field(default=False, description="Publish nothing on that day.", examples=[False])
    quantity: int | None = Field(default=None, **_QUANTITY)
    price_cents: int | None = Field(default=None, **offered.PRICE)
    pickup_from: TimeOfDay | None = Field(default=None, **_FROM)
    pickup_until: TimeOfDay | None = Field(default=None, **_UNTIL)


class DayOut(Out):
    """A day with changes. null means as on other days."""

    day: date = Field(examples=["2026-12-24"])
    skipped: bool = Field(examples=[False])
    quantity: int | None = Field(examples=[10])
    price_cents: int | None = Field(examples=[None])
    pickup_from: TimeShown | None = Field(examples=["16:00"])
    pickup_until: TimeShown | None = Field(examples=["18:00"])


class RecurringOut(Out):
    """A recurring listing, as its merchant sees it."""

    id: UUID = Field(examples=[LISTING])
    shop_id: UUID = Field(examples=[SHOP])
    title: str = Field(examples=offered.TITLE["examples"])
    description: str = Field(examples=offered.DESCRIPTION["examples"])
    category: Category = Field(examples=["bakery"])
    kind: Kind = Field(examples=["discounted"])
    original_price_cents: int = Field(description="Of one portion.", examples=[1200])
    price_cents: int = Field(description="Of one portion.", examples=[480])
    quantity: int = Field(description="Portions a day.", examples=[5])
    weekdays: list[int] = Field(description="Monday is 1, Sunday 7.", examples=[[1, 2, 3, 4, 5]])
    publish_at: TimeShown = Field(examples=["18:00"])
    pickup_from: TimeShown = Field(examples=["18:30"])
    pickup_until: TimeShown = Field(examples=["20:00"])
    date_kind: DateKind = Field(examples=["best_before"])
    food_date_in_days: int | None = Field(examples=[1])
    allergens: list[Allergen] = Field(examples=offered.ALLERGENS["examples"])
    cold_chain: bool = Field(examples=[False])
    weight_grams: int | None = Field(examples=[450])
    photo_id: UUID | None = Field(examples=[PHOTO])
    gtin: str | None = Field(description="With 14 digits.", examples=[None])
    becomes_free_minutes: int | None = Field(examples=[30])
    origin: str | None = Field(examples=["Alsace, France"])
    reduction_ground: ReductionGround | None = Field(examples=["unsold_today"])
    active: bool = Field(description="false while it is paused.", examples=[True])
    next_publication: datetime | None = Field(
        description="When the next lot will be published, unless that day is skipped; null while paused.",
        examples=["2026-11-23T17:00:00Z"],
    )
    last_problem: str | None = Field(
        description="The code of the problem for which the lot of `last_problem_day` was not published.",
        examples=[None],
    )
    last_problem_day: date | None = Field(examples=[None])
    days: list[DayOut] = Field(description="Days with changes, from today on.")
