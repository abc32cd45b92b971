"""Request and response bodies for collection points."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from backend.collection_points.models import PointKind
from backend.http.schemas import In, Out, if_sent
from backend.shops.communes import InseeCode
from backend.shops.opening_hours import OpeningHours, OpeningHoursOut

POINT = "01980c5e-6a10-7a53-b7f4-2f0d7c1e9d01"
MOST_CONTACTS = 5

_NAME: dict[str, Any] = {"min_length": 1, "max_length": 120, "examples": ["Dépôt de la Meinau"]}
_ADDRESS: dict[str, Any] = {"min_length": 1, "max_length": 300, "examples": ["3 rue de la Ziegelau, 67100 Strasbourg"]}
_INSEE_CODE: dict[str, Any] = {"description": "Its commune's INSEE code.", "examples": ["67482"]}
_LATITUDE: dict[str, Any] = {"ge": -85, "le": 85, "description": "Degrees (WGS 84).", "examples": [48.5594]}
_LONGITUDE: dict[str, Any] = {"ge": -180, "le": 180, "description": "Degrees (WGS 84).", "examples": [7.7586]}
_HOURS: dict[str, Any] = {"examples": [{"monday": [{"opens": "17:00", "closes": "20:00"}]}]}
_ACCESS: dict[str, Any] = {
    "max_length": 1000,
    "description": "How a collector gets in: door, stairs, whom to ring. No codes that would open more than that.",
    "examples": ["Porte de service, 2e cour. Sonner « Réserve »."],
}
_GRAMS: dict[str, Any] = {
    "gt": 0,
    "le": 100_000_000,
    "description": "How many grams of food fit in; null: not known.",
    "examples": [400000],
}
_CRATES: dict[str, Any] = {"ge": 0, "le": 10_000, "description": "How many crates fit in.", "examples": [60]}
_COLD: dict[str, Any] = {"ge": 0, "le": 10_000, "description": "How many of them are kept cold.", "examples": [12]}
_SERVICE: dict[str, Any] = {
    "ge": 0,
    "le": 3600,
    "description": "How many seconds a collector spends there, apart from parking.",
    "examples": [300],
}


class Contact(In):
    """Somebody to call there."""

    name: str = Field(min_length=1, max_length=100, examples=["Mme Keller"])
    telephone: str | None = Field(default=None, pattern=r"^\+?[0-9][0-9 .()-]{4,24}$", examples=["+33 3 88 00 00 00"])
    email: str | None = Field(
        default=None, max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", examples=["reserve@example.org"]
    )


Contacts = Annotated[list[Contact], Field(max_length=MOST_CONTACTS)]


class ContactOut(Out):
    """Somebody to call at a collection point."""

    name: str = Field(examples=["Mme Keller"])
    telephone: str | None = Field(default=None, examples=["+33 3 88 00 00 00"])
    email: str | None = Field(default=None, examples=["reserve@example.org"])


class PointIn(In):
    """A depot or a relay point to add. Shops and associations are points by themselves."""

    kind: Literal["depot", "relay"] = Field(examples=["depot"])
    name: str = Field(**_NAME)
    address: str = Field(**_ADDRESS)
    insee_code: InseeCode = Field(**_INSEE_CODE)
    latitude: float = Field(**_LATITUDE)
    longitude: float = Field(**_LONGITUDE)
    opening_hours: OpeningHours = Field(default=OpeningHours(), **_HOURS)
    access: str = Field(default="", **_ACCESS)
    contacts: Contacts = Field(default_factory=list)
    capacity_grams: int | None = Field(default=None, **_GRAMS)
    capacity_crates: int | None = Field(default=None, **_CRATES)
    cold_crates: int | None = Field(default=None, **_COLD)
    service_seconds: int = Field(default=300, **_SERVICE)


class PointEdit(In):
    """Changes to a collection point. Fields that are not sent stay as they are.

    The name, the place and the hours of a shop's or an association's point follow the shop or the association.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"access": "Sonner « Réserve »."}]})

    name: str = if_sent(**_NAME)
    address: str = if_sent(**_ADDRESS)
    insee_code: InseeCode = if_sent(**_INSEE_CODE)
    latitude: float = if_sent(**_LATITUDE)
    longitude: float = if_sent(**_LONGITUDE)
    opening_hours: OpeningHours = if_sent(**_HOURS)
    access: str = if_sent(**_ACCESS)
    contacts: Contacts = if_sent()
    capacity_grams: int | None = if_sent(**_GRAMS)
    capacity_crates: int | None = if_sent(**_CRATES)
    cold_crates: int | None = if_sent(**_COLD)
    service_seconds: int = if_sent(**_SERVICE)


class PointOut(Out):
    """A collection point, for those who work there or come there."""

    id: UUID = Field(examples=[POINT])
    kind: PointKind = Field(examples=["depot"])
    shop_id: UUID | None = Field(examples=[None])
    association_id: UUID | None = Field(
        description="The association whose point it is, or that keeps it; null: a shop's, or the platform's.",
        examples=[None],
    )
    name: str = Field(examples=_NAME["examples"])
    address: str = Field(examples=_ADDRESS["examples"])
    insee_code: str | None = Field(examples=["67482"])
    latitude: float | None = Field(examples=_LATITUDE["examples"])
    longitude: float | None = Field(examples=_LONGITUDE["examples"])
    opening_hours: OpeningHoursOut = Field(**_HOURS)
    access: str = Field(examples=_ACCESS["examples"])
    contacts: list[ContactOut]
    capacity_grams: int | None = Field(examples=[400000])
    capacity_crates: int | None = Field(examples=[60])
    cold_crates: int | None = Field(examples=[12])
    service_seconds: int = Field(examples=[300])


class PointAdded(Out):
    """A depot or relay that was added."""

    id: UUID = Field(examples=[POINT])


class FillIn(In):
    """How full the containers of a point are."""

    percent: int = Field(ge=0, le=100, examples=[60])


class MapGeometry(Out):
    """A place by RFC 7946."""

    type: Literal["Point"] = Field(examples=["Point"])
    coordinates: tuple[float, float] = Field(description="Longitude, latitude.", examples=[[7.7586, 48.5594]])


class MapProperties(Out):
    """The facts of a feature, which stands for one point, or for several close to one another."""

    cluster: bool = Field(description="Whether it stands for several points.", examples=[False])
    count: int | None = Field(default=None, description="How many, for a cluster.", examples=[None])
    kind: PointKind | None = Field(default=None, examples=["depot"])
    name: str | None = Field(default=None, examples=_NAME["examples"])
    address: str | None = Field(default=None, examples=_ADDRESS["examples"])
    shop_id: UUID | None = Field(default=None, examples=[None])
    association_id: UUID | None = Field(default=None, examples=[None])


class MapFeature(Out):
    """One mark on the map, by RFC 7946."""

    type: Literal["Feature"] = Field(examples=["Feature"])
    id: UUID | None = Field(default=None, examples=[POINT])
    geometry: MapGeometry
    properties: MapProperties


class PointsOnMap(Out):
    """The collection points in a part of the map, by RFC 7946."""

    type: Literal["FeatureCollection"] = Field(examples=["FeatureCollection"])
    features: list[MapFeature]


class ForecastOut(Out):
    """When the next collection at a point will be due, with how wrong the method was in the past."""

    due_on: date | None = Field(description="Null: too little is known.", examples=["2026-12-03"])
    grams: int | None = Field(description="How much there will be, by the median of the last ones.", examples=[18000])
    method: Literal["reports", "rates", "weekday"] | None = Field(
        description="`reports`: how full it was reported; `rates`: the median of the last five grams a day; `weekday`: "
        "the weekdays on which it was collected. The one that was least wrong in the past.",
        examples=["rates"],
    )
    mean_error_days: float | None = Field(
        description="How many days the method was wrong on average, for the collections of the past.", examples=[0.8]
    )
    mean_error_grams: int | None = Field(
        description="How many grams the quantity was wrong on average, for the collections of the past.",
        examples=[2400],
    )
    collections: int = Field(description="From how many collections this was learnt.", examples=[14])
