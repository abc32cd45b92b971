"""The table of collection points."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, Computed, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from backend.database.columns import Index, Point, Table, identifier, moment, now, sql, text

_MERCATOR = "(app.mercator(latitude, longitude))"


class PointKind(StrEnum):
    """The kind of a collection point."""

    SHOP = "shop"
    ASSOCIATION = "association"
    DEPOT = "depot"
    RELAY = "relay"


class CollectionPoint(Table, table=True):
    """A place where food is collected or brought.

    A shop and an association have one each; triggers keep its name, address and hours equal to theirs. A depot or relay
    belongs to the association that keeps it, or to the platform. `contacts` is a list of {name, telephone, email}.
    """

    __tablename__ = "collection_points"
    __table_args__ = (
        Index("collection_points_shop_id_key", "shop_id", unique=True, postgresql_where=sql("shop_id is not null")),
        Index(
            "collection_points_of_association_key",
            "association_id",
            unique=True,
            postgresql_where=sql("kind = 'association'"),
        ),
        Index(
            "collection_points_association_id_idx",
            "association_id",
            postgresql_where=sql("association_id is not null"),
        ),
        Index(
            "collection_points_place_idx",
            "place",
            postgresql_using="gist",
            postgresql_where=sql("shown and closed_at is null"),
        ),
        Index(
            "collection_points_map_idx",
            "map_x",
            "map_y",
            "kind",
            postgresql_where=sql("shown and closed_at is null"),
        ),
    )

    id: UUID = identifier()
    kind: str = text()
    shop_id: UUID | None = Field(foreign_key="app.shops.id")
    association_id: UUID | None = Field(foreign_key="app.associations.id")
    name: str = text()
    address: str = text(sa_column_kwargs={"server_default": ""})
    insee_code: str | None = text()
    latitude: float | None
    longitude: float | None
    place: str | None = Field(
        default=None,
        sa_column=Column(Point, Computed("app.mercator(latitude, longitude)", persisted=True), nullable=True),
    )
    opening_hours: dict[str, Any] = Field(
        default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": "{}"}
    )
    access: str = text(sa_column_kwargs={"server_default": ""})
    contacts: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=JSONB, sa_column_kwargs={"server_default": "[]"}
    )
    capacity_grams: int | None
    capacity_crates: int | None
    cold_crates: int | None
    service_seconds: int = Field(sa_column_kwargs={"server_default": "300"})
    shown: bool = Field(sa_column=Column(Boolean, nullable=False, server_default="false"))
    closed_at: datetime | None = moment()
    version: int = Field(sa_column_kwargs={"server_default": "1"})
    created_at: datetime = now()
    map_x: int | None = Field(
        default=None,
        sa_column=Column(Integer, Computed(f"floor({_MERCATOR}[0])::int", persisted=True), nullable=True),
    )
    map_y: int | None = Field(
        default=None,
        sa_column=Column(Integer, Computed(f"floor({_MERCATOR}[1])::int", persisted=True), nullable=True),
    )


class PointReport(Table, table=True):
    """How full the containers of a point were, in percent, as somebody there reported."""

    __tablename__ = "point_reports"
    __table_args__ = (
        Index("point_reports_point_id_idx", "point_id", "at"),
        Index("point_reports_by_account_idx", "by_account", postgresql_where=sql("by_account is not null")),
    )

    id: UUID = identifier()
    point_id: UUID = Field(foreign_key="app.collection_points.id", ondelete="CASCADE")
    at: datetime = moment()
    percent: int
    by_account: UUID | None = Field(foreign_key="app.accounts.id")
