"""Request and response bodies for favourites and saved places."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from backend.http.schemas import In, Out, if_sent

_NAME: dict[str, Any] = {"min_length": 1, "max_length": 60, "examples": ["Maison"]}
_LATITUDE: dict[str, Any] = {"ge": -85, "le": 85, "description": "Degrees (WGS 84).", "examples": [48.5734]}
_LONGITUDE: dict[str, Any] = {"ge": -180, "le": 180, "description": "Degrees (WGS 84).", "examples": [7.7521]}


class FavouriteOut(Out):
    """A favourite shop."""

    shop_id: UUID = Field(examples=["01980c5e-6a10-7a53-b7f4-2f0d7c1e9a11"])
    shop_name: str = Field(examples=["Boulangerie de la Krutenau"])
    has_lots: bool = Field(description="Whether it has a lot on offer now that you can reserve.", examples=[True])
    added_at: datetime = Field(examples=["2026-11-22T16:02:11Z"])


class PlaceIn(In):
    """A place to save."""

    name: str = Field(**_NAME)
    latitude: float = Field(**_LATITUDE)
    longitude: float = Field(**_LONGITUDE)


class PlaceEdit(In):
    """Changes to a saved place. Fields that are not sent stay as they are."""

    name: str = if_sent(**_NAME)
    latitude: float = if_sent(**_LATITUDE)
    longitude: float = if_sent(**_LONGITUDE)


class PlaceOut(Out):
    """A saved place. Only you see it."""

    id: UUID = Field(examples=["01980c5e-b412-7e3b-8c55-2f0a6b7d9e13"])
    name: str = Field(examples=_NAME["examples"])
    latitude: float = Field(**{name: _LATITUDE[name] for name in ("description", "examples")})
    longitude: float = Field(**{name: _LONGITUDE[name] for name in ("description", "examples")})
