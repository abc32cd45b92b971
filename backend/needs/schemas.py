"""Request and response bodies for what associations take and offer, who should receive what, and usual leftovers."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from backend.collections.schemas import MOST_ITEMS, ItemIn
from backend.http.schemas import In, Out
from backend.recurring.schemas import TimeOfDay, TimeShown
from backend.shops.models import Category

Categories = Annotated[list[Category], Field(min_length=1, max_length=len(Category))]
Hinder = Literal["category", "distance", "weekday", "hours", "capacity", "cold", "use_by", "agreement"]

_TAKES: dict[str, Any] = {"description": "Categories of food that it takes.", "examples": [["bakery", "dairy"]]}
_LACKS: dict[str, Any] = {
    "description": "Of these categories, those of which it has too little.",
    "examples": [["dairy"]],
}
_WEEKDAYS: dict[str, Any] = {
    "description": "The days on which it takes deliveries; 1 is Monday.",
    "examples": [[1, 2, 3, 4, 5]],
}
_OPENS: dict[str, Any] = {"description": "Time of day where the association is.", "examples": ["17:00"]}
_CLOSES: dict[str, Any] = {"examples": ["21:00"]}
_GRAMS: dict[str, Any] = {"description": "The most grams that it takes a day.", "examples": [120000]}
_COLD: dict[str, Any] = {
    "description": "Of them, the most that it can keep chilled or frozen; 0: it has no cold storage.",
    "examples": [30000],
}
_FROZEN: dict[str, Any] = {"description": "Whether it can keep frozen food.", "examples": [False]}
_FARTHEST: dict[str, Any] = {"description": "From how far, in metres, as the crow flies.", "examples": [8000]}
_DECIDES: dict[str, Any] = {
    "description": "`automatic`: a collection that fits is accepted by itself; `person`: somebody of it accepts each.",
    "examples": ["person"],
}


class NeedsIn(In):
    """The needs of an association. They replace those of before."""

    takes: Categories = Field(**_TAKES)
    lacks: list[Category] = Field(default_factory=list, max_length=len(Category), **_LACKS)
    weekdays: list[Annotated[int, Field(ge=1, le=7)]] = Field(min_length=1, max_length=7, **_WEEKDAYS)
    opens: TimeOfDay = Field(**_OPENS)
    closes: TimeOfDay = Field(**_CLOSES)
    grams_a_day: int = Field(ge=1000, le=100_000_000, **_GRAMS)
    cold_grams_a_day: int = Field(default=0, ge=0, le=100_000_000, **_COLD)
    frozen: bool = Field(default=False, **_FROZEN)
    farthest_metres: int = Field(ge=500, le=200_000, **_FARTHEST)
    decides: Literal["person", "automatic"] = Field(default="person", **_DECIDES)


class NeedsOut(Out):
    """The needs of an association."""

    takes: list[Category] = Field(**_TAKES)
    lacks: list[Category] = Field(**_LACKS)
    weekdays: list[int] = Field(**_WEEKDAYS)
    opens: TimeShown = Field(**_OPENS)
    closes: TimeShown = Field(**_CLOSES)
    grams_a_day: int = Field(**_GRAMS)
    cold_grams_a_day: int = Field(**_COLD)
    frozen: bool = Field(**_FROZEN)
    farthest_metres: int = Field(**_FARTHEST)
    decides: Literal["person", "automatic"] = Field(**_DECIDES)


class Suggestion(Out):
    """How well an association fits a collection, and why."""

    association_id: UUID = Field(examples=["01980c5e-6a10-7a53-b7f4-2f0d7c1e9a12"])
    name: str = Field(examples=["Le Relais"])
    fits: bool = Field(description="Whether nothing speaks against it.", examples=[True])
    score: int = Field(
        ge=0,
        le=100,
        description="Need 40, distance 20, capacity 20, fairness over 30 days 20.",
        examples=[72],
    )
    hinders: list[Hinder] = Field(description="What speaks against it.", examples=[[]])
    distance_m: int = Field(description="As the crow flies.", examples=[1800])
    capacity_left_grams: int = Field(description="What it can still take on that day.", examples=[90000])
    received_30_days_grams: int = Field(description="What it received in the last 30 days.", examples=[310000])
    lacks: bool = Field(description="Whether it lacks some of the food.", examples=[True])


class Suggestions(Out):
    """The associations that could receive a collection, the best first; those that do not fit come last."""

    data: list[Suggestion]


class OfferIn(In):
    """The surplus of an association, for others to have."""

    items: list[ItemIn] = Field(min_length=1, max_length=MOST_ITEMS)
    window_start: datetime = Field(
        description="From when the food can be taken, where your association is.", examples=["2026-11-30T17:30:00Z"]
    )
    window_end: datetime = Field(description="Until when; at most 24 hours later.", examples=["2026-11-30T19:00:00Z"])
    notes: str = Field(
        default="", max_length=1000, description="For whoever comes.", examples=["Sonner à la porte de service."]
    )


class UsualLeftover(Out):
    """The weight that a shop usually has left of a category on a day of the week."""

    weekday: int = Field(ge=1, le=7, description="1 is Monday.", examples=[2])
    category: Category = Field(examples=["bakery"])
    grams: int = Field(description="A portion without a weight counts with that of a meal.", examples=[3200])
    portions: int = Field(examples=[8])
    days: int = Field(description="How many such days are behind the number; at least 3.", examples=[7])


class UsualLeftovers(Out):
    """The usual leftovers of a shop, learnt from its lots that ended."""

    method: Literal["median"] = Field(
        description=(
            "The median over the days with lots of the category; days on which all of them were collected count as 0."
        ),
        examples=["median"],
    )
    weeks: int = Field(description="How many weeks back it looks.", examples=[8])
    data: list[UsualLeftover]
