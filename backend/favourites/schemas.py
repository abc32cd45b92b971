"""Request and response bodies for favourites and saved places."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from backend.http.schemas import In, Out, if_sent
from backend.lots.models import Allergen
from backend.shops.models import Category

_NAME: dict[str, Any] = {"min_length": 1, "max_length": 60, "examples": ["Maison"]}
_LATITUDE: dict[str, Any] = {"ge": -85, "le": 85, "description": "Degrees (WGS 84).", "examples": [48.5734]}
_LONGITUDE: dict[str, Any] = {"ge": -180, "le": 180, "description": "Degrees (WGS 84).", "examples": [7.7521]}


class FavouriteOut(Out):
    """A favourite shop."""

    shop_id: UUID = Field(examples=["01980c5e-6a10-7a53-b7f4-2f0d7c1e9a11"])
    shop_name: str = Field(examples=["Boulangerie de la Krutenau"])
    has_lots: bool = Field(description="Whether it has a lot on offer now that you can reserve.", examples=[True])
    added_at: datetime = Field(examples=["2026-11-22T16:02:11Z"])


_RADIUS: dict[str, Any] = {"description": "Metres from the place.", "examples": [5000]}
_CATEGORIES: dict[str, Any] = {"description": "Empty: all.", "examples": [["bakery"]]}
_MAX_PRICE: dict[str, Any] = {"description": "Of a portion; null: any.", "examples": [500]}
_MOST: dict[str, Any] = {"description": "Times a day that you are told at most.", "examples": [2]}


class AlertIn(In):
    """The lots near a place of which you want to be told when they come on offer."""

    radius_m: int = Field(default=5000, ge=200, le=50_000, **_RADIUS)
    categories: list[Category] = Field(default=[], max_length=17, **_CATEGORIES)
    max_price_cents: int | None = Field(default=None, ge=1, le=100_000, **_MAX_PRICE)
    most_a_day: int = Field(default=2, ge=1, le=10, **_MOST)


class AlertOut(Out):
    """The lots near a place of which you are told when they come on offer."""

    radius_m: int = Field(**_RADIUS)
    categories: list[Category] = Field(**_CATEGORIES)
    max_price_cents: int | None = Field(**_MAX_PRICE)
    most_a_day: int = Field(**_MOST)


class PlaceIn(In):
    """A place to save."""

    name: str = Field(**_NAME)
    latitude: float = Field(**_LATITUDE)
    longitude: float = Field(**_LONGITUDE)
    alert: AlertIn | None = Field(default=None, description="Null: no alert.")


class PlaceEdit(In):
    """Changes to a saved place. Fields that are not sent stay as they are."""

    name: str = if_sent(**_NAME)
    latitude: float = if_sent(**_LATITUDE)
    longitude: float = if_sent(**_LONGITUDE)
    alert: AlertIn | None = if_sent(description="The whole alert; null removes it.")


class PlaceOut(Out):
    """A saved place. Only you see it."""

    id: UUID = Field(examples=["01980c5e-b412-7e3b-8c55-2f0a6b7d9e13"])
    name: str = Field(examples=_NAME["examples"])
    latitude: float = Field(**{name: _LATITUDE[name] for name in ("description", "examples")})
    longitude: float = Field(**{name: _LONGITUDE[name] for name in ("description", "examples")})
    alert: AlertOut | None = Field(description="Null: no alert.")


class SearchHabits(Out):
    """The places and the diet with which your searches start."""

    places: list[PlaceOut] = Field(description="Your saved places, in the order in which you saved them.")
    without_allergens: list[Allergen] = Field(
        description="The allergens that you avoid, to send with a search; none without an opened diet.",
        examples=[["gluten", "milk"]],
    )
