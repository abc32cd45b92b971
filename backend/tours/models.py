"""Tables of collectors' vehicles, of tours with their stops, and of what collectors report from them."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, Computed, ForeignKeyConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from backend.database.columns import Index, Point, Table, identifier, moment, now, sql, text


class VehicleKind(StrEnum):
    """The kind of vehicle of a collector."""

    FOOT = "foot"
    BIKE = "bike"
    CARGO_BIKE = "cargo_bike"
    CAR = "car"
    VAN = "van"
    TRUCK = "truck"


class TourStatus(StrEnum):
    """How far a tour has come: proposed → accepted → under_way → done → closed; or declined, or cancelled."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    UNDER_WAY = "under_way"
    DONE = "done"
    CLOSED = "closed"
    DECLINED = "declined"
    CANCELLED = "cancelled"


class StepKind(StrEnum):
    """The kinds of reports that a collector sends from a stop."""

    ARRIVED = "arrived"
    TAKEN = "taken"
    LEFT = "left"
    TEMPERATURE = "temperature"
    SIGNATURE = "signature"
    PHOTO = "photo"
    INCIDENT = "incident"


class CollectorProfile(Table, table=True):
    """A collector's vehicle, what fits into it, and when and where they drive.

    `hours` has openings by weekday as shops' opening hours have, in the local time of where they start.
    """

    __tablename__ = "collector_profiles"
    __table_args__ = (Index("collector_profiles_place_idx", "place", postgresql_using="gist"),)

    collector_id: UUID = Field(primary_key=True, foreign_key="app.collectors.id", ondelete="CASCADE")
    vehicle: str = text()
    professional: bool = Field(sa_column=Column(Boolean, nullable=False, server_default="false"))
    most_grams: int
    crates: int
    cold_crates: int = Field(sa_column_kwargs={"server_default": "0"})
    speed_kmh: int
    farthest_metres: int | None
    parking_seconds: int = Field(sa_column_kwargs={"server_default": "120"})
    latitude: float
    longitude: float
    place: str | None = Field(
        default=None,
        sa_column=Column(Point, Computed("app.mercator(latitude, longitude)", persisted=True), nullable=False),
    )
    insee_code: str = text()
    radius_metres: int = Field(sa_column_kwargs={"server_default": "10000"})
    returns_to_start: bool = Field(sa_column=Column(Boolean, nullable=False, server_default="true"))
    hours: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": "{}"})
    away_until: date | None
    version: int = Field(sa_column_kwargs={"server_default": "1"})


class Tour(Table, table=True):
    """One collector's ordered round of collections on a day; without an association, admins planned it.

    Without a collector it is open to any verified one.
    """

    __tablename__ = "tours"
    __table_args__ = (
        Index("tours_collector_id_idx", "collector_id", "day"),
        Index("tours_association_id_idx", "association_id", "day", postgresql_where=sql("association_id is not null")),
        Index("tours_day_idx", "day", "id"),
        Index("tours_open_idx", "day", postgresql_where=sql("collector_id is null and status = 'proposed'")),
        Index("tours_plan_id_idx", "plan_id", postgresql_where=sql("plan_id is not null")),
        Index("tours_under_way_key", "collector_id", unique=True, postgresql_where=sql("status = 'under_way'")),
    )

    id: UUID = identifier()
    day: date
    collector_id: UUID | None = Field(foreign_key="app.accounts.id")
    association_id: UUID | None = Field(foreign_key="app.associations.id")
    status: str = text(sa_column_kwargs={"server_default": "proposed"})
    planner: str = text()
    begins_at: datetime = moment()
    ends_at: datetime = moment()
    metres: int
    driven_metres: int | None
    plan_id: UUID | None
    sequence: int = Field(sa_column_kwargs={"server_default": "0"})
    version: int = Field(sa_column_kwargs={"server_default": "1"})
    created_at: datetime = now()
    opened_at: datetime | None = moment()
    accepted_at: datetime | None = moment()
    started_at: datetime | None = moment()
    done_at: datetime | None = moment()
    closed_at: datetime | None = moment()
    reason: str | None = text()


class TourPlan(Table, table=True):
    """An operator's wish to plan the tours of a day, and what came of it; without an association, admins asked."""

    __tablename__ = "tour_plans"
    __table_args__ = (
        Index(
            "tour_plans_association_id_idx",
            "association_id",
            "day",
            postgresql_where=sql("association_id is not null"),
        ),
        Index("tour_plans_asked_by_idx", "asked_by", postgresql_where=sql("asked_by is not null")),
        Index(
            "tour_plans_running_key",
            "day",
            sql("coalesce(association_id, '00000000-0000-0000-0000-000000000000'::uuid)"),
            unique=True,
            postgresql_where=sql("status = any (array['queued'::text, 'running'::text])"),
        ),
    )

    id: UUID = identifier()
    day: date
    association_id: UUID | None = Field(foreign_key="app.associations.id", ondelete="CASCADE")
    asked_by: UUID | None = Field(foreign_key="app.accounts.id")
    asked_at: datetime = moment()
    effort_seconds: int
    status: str = text(sa_column_kwargs={"server_default": "queued"})
    attempts: int = Field(sa_column_kwargs={"server_default": "0"})
    percent: int = Field(sa_column_kwargs={"server_default": "0"})
    ended_at: datetime | None = moment()
    planner: str | None = text()
    because: str | None = text()
    tours: int = Field(sa_column_kwargs={"server_default": "0"})
    planned: int = Field(sa_column_kwargs={"server_default": "0"})
    unplanned: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=JSONB, sa_column_kwargs={"server_default": "[]"}
    )


class TourStop(Table, table=True):
    """A place of a tour, with when the collector should be there; its state is folded from its steps."""

    __tablename__ = "tour_stops"
    __table_args__ = (Index("tour_stops_point_id_idx", "point_id"),)

    tour_id: UUID = Field(primary_key=True, foreign_key="app.tours.id", ondelete="CASCADE")
    number: int = Field(primary_key=True)
    point_id: UUID = Field(foreign_key="app.collection_points.id")
    arrives_at: datetime = moment()
    leaves_at: datetime = moment()
    state: str = text(sa_column_kwargs={"server_default": "ahead"})
    arrived_at: datetime | None = moment()
    ended_at: datetime | None = moment()


class StopTask(Table, table=True):
    """A task at a stop: take a collection, or leave it. A collection is in one tour at a time.

    `ended_by`: the incident by which it ended, until a later step makes it living again.
    """

    __tablename__ = "stop_tasks"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tour_id", "number"],
            ["app.tour_stops.tour_id", "app.tour_stops.number"],
            name="stop_tasks_stop_fkey",
            ondelete="CASCADE",
        ),
        Index("stop_tasks_living_key", "collection_id", "kind", unique=True, postgresql_where=sql("living")),
        Index("stop_tasks_collection_id_idx", "collection_id"),
        Index("stop_tasks_stop_idx", "tour_id", "number"),
        Index("stop_tasks_ended_by_idx", "ended_by", postgresql_where=sql("ended_by is not null")),
    )

    tour_id: UUID = Field(primary_key=True)
    number: int
    collection_id: UUID = Field(primary_key=True, foreign_key="app.collections.id")
    kind: str = text(primary_key=True)
    living: bool = Field(sa_column=Column(Boolean, nullable=False, server_default="true"))
    ended_by: UUID | None = Field(default=None, foreign_key="app.tour_steps.id")


class TourStep(Table, table=True):
    """Something that a collector reported. `id` is the device's, so that a step sent again is the same step."""

    __tablename__ = "tour_steps"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tour_id", "number"],
            ["app.tour_stops.tour_id", "app.tour_stops.number"],
            name="tour_steps_stop_fkey",
            ondelete="CASCADE",
        ),
        Index("tour_steps_stop_idx", "tour_id", "number", "at"),
        Index("tour_steps_collection_id_idx", "collection_id", postgresql_where=sql("collection_id is not null")),
        Index("tour_steps_by_account_idx", "by_account", postgresql_where=sql("by_account is not null")),
        Index("tour_steps_photo_id_idx", "photo_id", postgresql_where=sql("photo_id is not null")),
    )

    id: UUID = Field(primary_key=True)
    tour_id: UUID = Field(foreign_key="app.tours.id", ondelete="CASCADE")
    number: int
    collection_id: UUID | None = Field(foreign_key="app.collections.id")
    kind: str = text()
    at: datetime = moment()
    received_at: datetime = moment()
    by_account: UUID | None = Field(foreign_key="app.accounts.id")
    details: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": "{}"})
    photo_id: UUID | None = Field(foreign_key="app.photos.id")
    fingerprint: bytes


class SignedSheet(Table, table=True):
    """The signed sheet of a tour, in the store of documents; without bytes, its upload has not completed."""

    __tablename__ = "signed_sheets"

    tour_id: UUID = Field(primary_key=True)
    begun_at: datetime = moment()
    bytes: int | None
    kept_at: datetime | None = moment()
