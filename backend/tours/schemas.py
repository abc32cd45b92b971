"""Request and response bodies of collectors' profiles, of plans, and of tours."""

import datetime as dates
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from backend.collection_points.schemas import ContactOut
from backend.http.schemas import In, Out
from backend.shops.communes import InseeCode
from backend.shops.opening_hours import OpeningHours, OpeningHoursOut
from backend.tours.models import TourStatus, VehicleKind

TOUR = "01980c5e-9a10-7a53-b7f4-2f0d7c1e9c01"
PLAN = "01980c5e-9a10-7a53-b7f4-2f0d7c1e9e01"
COLLECTION = "01980c5e-9a10-7a53-b7f4-2f0d7c1e9a01"
POINT = "01980c5e-6a10-7a53-b7f4-2f0d7c1e9d01"
ACCOUNT = "01980c5e-6a10-7a53-b7f4-2f0d7c1e9a05"
ASSOCIATION = "01980c5e-6a10-7a53-b7f4-2f0d7c1e9a12"
AT = "2026-11-29T17:30:00Z"
MOST_SECONDS = 60

_GRAMS: dict[str, Any] = {"gt": 0, "le": 30_000_000, "description": "The most that it carries.", "examples": [80000]}
_HOURS: dict[str, Any] = {
    "description": "When you drive, by weekday, in the local time of where you start.",
    "examples": [{"monday": [{"opens": "17:00", "closes": "21:00"}]}],
}


class ProfileIn(In):
    """A collector's vehicle, hours and area."""

    vehicle: VehicleKind = Field(examples=["cargo_bike"])
    professional: bool = Field(default=False, description="Whether you drive for a living.", examples=[False])
    most_grams: int = Field(**_GRAMS)
    crates: int = Field(ge=1, le=2000, description="How many crates fit in.", examples=[10])
    cold_crates: int = Field(default=0, ge=0, le=2000, description="How many of them stay cold.", examples=[4])
    speed_kmh: int = Field(ge=3, le=90, description="On average, in town.", examples=[15])
    farthest_metres: int | None = Field(
        default=None, gt=0, le=1_000_000, description="The longest tour; null: any.", examples=[35000]
    )
    parking_seconds: int = Field(default=120, ge=0, le=1800, examples=[60])
    latitude: float = Field(ge=-85, le=85, description="Where you start, degrees (WGS 84).", examples=[48.58])
    longitude: float = Field(ge=-180, le=180, examples=[7.75])
    insee_code: InseeCode = Field(description="The INSEE code of the commune where you start.", examples=["67482"])
    radius_metres: int = Field(default=10_000, ge=500, le=200_000, description="How far from it.", examples=[8000])
    returns_to_start: bool = Field(default=True, examples=[True])
    hours: OpeningHours = Field(default=OpeningHours(), **_HOURS)
    away_until: dates.date | None = Field(default=None, description="The last day of your absence.", examples=[None])

    @model_validator(mode="after")
    def _cold_crates_are_crates(self) -> "ProfileIn":
        if self.cold_crates > self.crates:
            raise PydanticCustomError("cold_crates", "No more crates stay cold than fit in")
        return self


class ProfileOut(Out):
    """A collector's vehicle, hours and area."""

    vehicle: VehicleKind = Field(examples=["cargo_bike"])
    professional: bool = Field(examples=[False])
    most_grams: int = Field(examples=[80000])
    crates: int = Field(examples=[10])
    cold_crates: int = Field(examples=[4])
    speed_kmh: int = Field(examples=[15])
    farthest_metres: int | None = Field(examples=[35000])
    parking_seconds: int = Field(examples=[60])
    latitude: float = Field(examples=[48.58])
    longitude: float = Field(examples=[7.75])
    insee_code: str = Field(examples=["67482"])
    radius_metres: int = Field(examples=[8000])
    returns_to_start: bool = Field(examples=[True])
    hours: OpeningHoursOut = Field(**_HOURS)
    away_until: dates.date | None = Field(examples=[None])


class NearOut(Out):
    """A collection near you that waits for a tour."""

    id: UUID = Field(examples=[COLLECTION])
    giver: str = Field(examples=["Boulangerie Keller"])
    address: str = Field(examples=["3 rue de la Ziegelau, 67100 Strasbourg"])
    receiver: str | None = Field(description="Null: not decided, or not public.", examples=["Les Tables partagées"])
    distance_m: int = Field(description="From where you start, in a straight line.", examples=[1800])
    window_start: datetime = Field(examples=[AT])
    window_end: datetime = Field(examples=["2026-11-29T19:00:00Z"])
    time_zone: str = Field(examples=["Europe/Paris"])
    grams: int = Field(examples=[12000])
    crates: int = Field(examples=[2])
    portions: int = Field(examples=[0])
    cold: Literal["none", "chilled", "frozen"] = Field(examples=["none"])


class NearbyOut(Out):
    """Collections near you that wait for a tour, the next window first."""

    data: list[NearOut]


class PlanIn(In):
    """A day whose tours are to be planned."""

    day: dates.date = Field(description="Today, or at most 30 days ahead.", examples=["2026-11-29"])
    effort: int = Field(
        default=18, ge=1, le=MOST_SECONDS, description="CPU seconds that the solver may take.", examples=[18]
    )


class PlanAsked(Out):
    """A plan that was asked for."""

    id: UUID = Field(examples=[PLAN])


class UnplannedOut(Out):
    """A collection that is in no tour."""

    collection_id: UUID = Field(examples=[COLLECTION])
    reason: Literal[
        "no_place",
        "too_late",
        "receiver_closed",
        "no_collector",
        "no_vehicle_fits",
        "no_professional",
        "outside_every_area",
        "out_of_reach",
        "no_room_left",
        "changed",
    ] = Field(examples=["no_room_left"])


class PlanOut(Out):
    """How far a plan is, and what came of it."""

    id: UUID = Field(examples=[PLAN])
    day: dates.date = Field(examples=["2026-11-29"])
    association_id: UUID | None = Field(description="Null: the platform's.", examples=[ASSOCIATION])
    status: Literal["queued", "running", "done", "failed"] = Field(examples=["done"])
    percent: int = Field(examples=[100])
    asked_at: datetime = Field(examples=[AT])
    ended_at: datetime | None = Field(examples=[AT])
    planner: Literal["greedy", "pyvrp"] | None = Field(examples=["pyvrp"])
    because: str | None = Field(
        description="Why it is the greedy planner's, or why there is none; null: neither.", examples=[None]
    )
    tours: int = Field(examples=[3])
    planned: int = Field(description="How many collections are in a tour.", examples=[17])
    unplanned: list[UnplannedOut]


class TourOut(Out):
    """A tour, without its stops."""

    id: UUID = Field(examples=[TOUR])
    day: dates.date = Field(examples=["2026-11-29"])
    status: TourStatus = Field(examples=["accepted"])
    collector_id: UUID | None = Field(description="Null: open to any verified collector.", examples=[ACCOUNT])
    collector: str | None = Field(examples=["Karim"])
    association_id: UUID | None = Field(description="Who planned it; null: the platform.", examples=[ASSOCIATION])
    planner: Literal["greedy", "pyvrp", "person"] = Field(examples=["pyvrp"])
    begins_at: datetime = Field(examples=[AT])
    ends_at: datetime = Field(examples=[AT])
    metres: int = Field(examples=[8200])
    driven_metres: int | None = Field(examples=[None])
    reason: str | None = Field(description="Why it was declined or cancelled.", examples=[None])
    accepted_at: datetime | None = Field(examples=[AT])
    started_at: datetime | None = Field(examples=[None])
    done_at: datetime | None = Field(examples=[None])
    closed_at: datetime | None = Field(examples=[None])
    collections: int = Field(examples=[5])
    grams: int = Field(examples=[64000])


class TaskOut(Out):
    """A task of a stop."""

    collection_id: UUID = Field(examples=[COLLECTION])
    kind: Literal["take", "leave"] = Field(examples=["take"])
    status: str = Field(description="Of the collection.", examples=["scheduled"])
    window_start: datetime = Field(examples=[AT])
    window_end: datetime = Field(examples=[AT])
    grams: int = Field(examples=[12000])
    crates: int = Field(examples=[2])
    portions: int = Field(examples=[0])
    cold: Literal["none", "chilled", "frozen"] = Field(examples=["none"])
    notes: str = Field(examples=[""])


class StopOut(Out):
    """A stop of a tour. Its access and contacts are empty while the tour is open to all."""

    number: int = Field(examples=[1])
    point_id: UUID = Field(examples=[POINT])
    name: str | None = Field(
        description="Null: an association that is not public, while the tour is open to all; so is its place.",
        examples=["Boulangerie Keller"],
    )
    address: str = Field(examples=["3 rue de la Ziegelau, 67100 Strasbourg"])
    latitude: float | None = Field(examples=[48.55])
    longitude: float | None = Field(examples=[7.75])
    access: str = Field(examples=["Sonner « Réserve »."])
    contacts: list[ContactOut]
    arrives_at: datetime = Field(examples=[AT])
    leaves_at: datetime = Field(examples=[AT])
    state: Literal["ahead", "arrived", "done", "failed"] = Field(examples=["ahead"])
    arrived_at: datetime | None = Field(examples=[None])
    ended_at: datetime | None = Field(examples=[None])
    tasks: list[TaskOut]


class ListedTour(TourOut):
    """A tour of a day."""

    stops: list[StopOut] | None = Field(default=None, description="Null: not asked for.")


class ToursOut(Out):
    """Tours of some days."""

    data: list[ListedTour]


class TourPage(TourOut):
    """A tour with its stops in order."""

    version: int = Field(examples=[2])
    stops: list[StopOut]


class ReasonIn(In):
    """Why a tour is declined or cancelled."""

    reason: str = Field(min_length=1, max_length=500, examples=["Vélo en panne."])


class CloseIn(In):
    """The distance that was driven."""

    driven_metres: int | None = Field(default=None, ge=0, le=2_000_000, examples=[8600])


class OrderIn(In):
    """The stops of a tour in another order, by their present numbers."""

    order: Annotated[list[Annotated[int, Field(ge=1, le=200)]], Field(min_length=1, max_length=200)] = Field(
        examples=[[2, 1, 3]]
    )
