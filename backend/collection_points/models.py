"""The table of collection points."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, Computed
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from backend.database.columns import Index, Point, Table, identifier, moment, now, sql, text


class PointKind(StrEnum):
    """What a collection point is."""

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
