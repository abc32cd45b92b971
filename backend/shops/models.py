"""The table of shops."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, Computed, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from backend.database.columns import Index, Point, Table, identifier, moment, now, sql, text


class Category(StrEnum):
    """The category of a shop or of a lot."""

    FRUITS_VEGETABLES = "fruits_vegetables"
    BAKERY = "bakery"
    PASTRY = "pastry"
    BUTCHER = "butcher"
    DELICATESSEN = "delicatessen"
    FISH = "fish"
    DAIRY = "dairy"
    CHEESE = "cheese"
    GROCERY = "grocery"
    PREPARED_MEALS = "prepared_meals"
    CATERER = "caterer"
    DRINKS = "drinks"
    DESSERTS = "desserts"
    FROZEN = "frozen"
    CANNED = "canned"
    ORGANIC = "organic"
    OTHER = "other"


class Shop(Table, table=True):
    """A merchant's place of sale."""

    __tablename__ = "shops"
    __table_args__ = (
        Index(
            "shops_verified_siret_key",
            "siret",
            unique=True,
            postgresql_where=sql("status in ('verified', 'suspended')"),
        ),
        Index("shops_owner_id_idx", "owner_id"),
        Index("shops_siret_idx", "siret"),
        Index("shops_insee_code_idx", "insee_code"),
        Index(
            "shops_name_idx",
            sql(
                "to_tsvector('simple', translate(name, 'ÀÂÄÇÉÈÊËÎÏÔÖÙÛÜàâäçéèêëîïôöùûü',"
                " 'AAACEEEEIIOOUUUaaaceeeeiioouuu'))"
            ),
            postgresql_using="gin",
        ),
        Index("shops_status_idx", "status", "id"),
        Index("shops_photo_id_idx", "photo_id", postgresql_where=sql("photo_id is not null")),
        Index(
            "shops_verified_place_idx",
            "place",
            postgresql_using="gist",
            postgresql_where=sql("status = 'verified'"),
        ),
    )

    id: UUID = identifier()
    owner_id: UUID = Field(foreign_key="app.accounts.id")
    name: str = text()
    siret: str = text()
    address: str = text()
    insee_code: str = text()
    latitude: float
    longitude: float
    place: str | None = Field(
        default=None,
        sa_column=Column(Point, Computed("app.mercator(latitude, longitude)", persisted=True), nullable=False),
    )
    category: str = text()
    opening_hours: dict[str, Any] = Field(
        default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": "{}"}
    )
    status: str = text(sa_column_kwargs={"server_default": "pending"})
    version: int = Field(sa_column_kwargs={"server_default": "1"})
    created_at: datetime = now()
    time_zone: str | None = Field(
        default=None, sa_column=Column(Text, Computed("app.zone_of(insee_code)", persisted=True), nullable=False)
    )
    description: str = text(sa_column_kwargs={"server_default": ""})
    photo_id: UUID | None = Field(foreign_key="app.photos.id")
    telephone: str | None = text()
    website: str | None = text()
    shows_impact: bool = Field(sa_column=Column(Boolean, nullable=False, server_default="false"))
    paused_at: datetime | None = moment()  # since when reports of a closed door pause its lots
    resumed_at: datetime | None = moment()
    legal_name: str | None = text()
    legal_form: str | None = text()
    legal_address: str | None = text()
    vat_number: str | None = text()
    vat_franchise: bool = Field(sa_column=Column(Boolean, nullable=False, server_default="false"))
    food_vat_bp: int | None = None
    above_400_m2: bool = Field(sa_column=Column(Boolean, nullable=False, server_default="false"))
    shows_leftovers: bool = Field(sa_column=Column(Boolean, nullable=False, server_default="false"))


class ShopName(Table, table=True):
    """A key that finds a verified shop by its name; the lower its rank, the better it matches."""

    __tablename__ = "shop_names"
    __table_args__ = (
        Index("shop_names_shop_id_idx", "shop_id"),
        Index("shop_names_insee_code_idx", "insee_code", "key", "shop_id", postgresql_where=sql("rank = 0")),
    )

    rank: int = Field(sa_type=SmallInteger, primary_key=True)
    key: str = Field(sa_column=Column(Text(collation="C"), primary_key=True))
    shop_id: UUID = Field(primary_key=True, foreign_key="app.shops.id")
    insee_code: str = text()
