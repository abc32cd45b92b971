"""Associations and their agreements with shops."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, Computed, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from backend.database.columns import Index, Point, Table, identifier, moment, now, sql, text


class Association(Table, table=True):
    """An organisation that enrols beneficiaries and receives donations; its id is that of the account that began it."""

    __tablename__ = "associations"
    __table_args__ = (
        Index("associations_owner_id_idx", "owner_id"),
        Index("associations_status_idx", "status", "id"),
        Index("associations_verified_rna_key", "rna", unique=True, postgresql_where=sql("status = 'verified'")),
        Index("associations_verified_siret_key", "siret", unique=True, postgresql_where=sql("status = 'verified'")),
        Index("associations_siret_idx", "siret", postgresql_where=sql("siret is not null")),
        Index("associations_insee_code_idx", "insee_code", "id", postgresql_where=sql("status = 'verified'")),
        Index("associations_photo_id_idx", "photo_id", postgresql_where=sql("photo_id is not null")),
        Index(
            "associations_public_place_idx",
            "place",
            postgresql_using="gist",
            postgresql_where=sql("status = 'verified' and is_public"),
        ),
    )

    id: UUID = Field(primary_key=True, foreign_key="app.accounts.id")
    name: str = text()
    status: str = text(sa_column_kwargs={"server_default": "pending"})
    created_at: datetime = now()
    rna: str | None = text()
    siret: str | None = text()
    address: str | None = text()
    insee_code: str | None = text()
    phone: str | None = text()
    website: str | None = text()
    distributes_in_time: bool = Field(sa_column=Column(Boolean, nullable=False, server_default="false"))
    version: int = Field(sa_column_kwargs={"server_default": "1"})
    time_zone: str | None = Field(
        default=None, sa_column=Column(Text, Computed("app.zone_of(insee_code)", persisted=True), nullable=False)
    )
    time_zone_since: datetime | None = moment()
    owner_id: UUID = Field(foreign_key="app.accounts.id")
    """The account that answers for it: one of its owners."""
    is_public: bool = Field(sa_column=Column(Boolean, nullable=False, server_default="false"))
    description: str = text(sa_column_kwargs={"server_default": ""})
    photo_id: UUID | None = Field(foreign_key="app.photos.id")
    opening_hours: dict[str, Any] = Field(
        default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": "{}"}
    )
    latitude: float | None
    longitude: float | None
    place: str | None = Field(default=None, sa_type=Point)
    """The point at which a search finds it: its coordinates, or else the centre of its commune."""


class AssociationName(Table, table=True):
    """A key that finds a public association by its name; the lower its rank, the better it matches."""

    __tablename__ = "association_names"
    __table_args__ = (
        Index("association_names_association_id_idx", "association_id"),
        Index(
            "association_names_insee_code_idx",
            "insee_code",
            "key",
            "association_id",
            postgresql_where=sql("rank = 0"),
        ),
    )

    rank: int = Field(sa_type=SmallInteger, primary_key=True)
    key: str = Field(sa_column=Column(Text(collation="C"), primary_key=True))
    association_id: UUID = Field(primary_key=True, foreign_key="app.associations.id")
    insee_code: str | None = text()


class Agreement(Table, table=True):
    """A donation agreement between an association and a shop; its signed document is a file in the document store."""

    __tablename__ = "agreements"
    __table_args__ = (
        Index(
            "agreements_living_key",
            "association_id",
            "shop_id",
            unique=True,
            postgresql_where=sql("status in ('proposed', 'confirmed')"),
        ),
        Index("agreements_association_id_idx", "association_id", "id"),
        Index("agreements_shop_id_idx", "shop_id", "id"),
        Index("agreements_orphans_idx", "created_at", postgresql_where=sql("status in ('coming', 'going')")),
    )

    id: UUID = identifier()
    association_id: UUID = Field(foreign_key="app.associations.id")
    shop_id: UUID = Field(foreign_key="app.shops.id")
    signed_on: date
    ends_on: date | None
    status: str = text(sa_column_kwargs={"server_default": "coming"})
    document_bytes: int | None
    created_at: datetime = moment()
    decided_at: datetime | None = moment(nullable=True)
    ended_at: datetime | None = moment(nullable=True)
    ended_by: str | None = text()
