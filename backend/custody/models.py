"""Tables of legal temperatures and of the chain of custody."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Numeric, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from backend.database.columns import Index, Table, Xid8, identifier, moment, sql, text


class TemperatureLimit(Table, table=True):
    """The legal temperature of a kind of food in °C, from a day on, with its source. A newer row replaces it.

    `tolerance`: what may be added for a short time, as at a handover.
    """

    __tablename__ = "temperature_limits"

    kind: str = text(primary_key=True)
    valid_from: date = Field(primary_key=True)
    least: Decimal | None = Field(sa_type=Numeric(4, 1))
    most: Decimal | None = Field(sa_type=Numeric(4, 1))
    tolerance: Decimal = Field(sa_type=Numeric(3, 1), sa_column_kwargs={"server_default": "0"})
    source: str = text()


class CustodyEntry(Table, table=True):
    """An entry in the chain of custody of a collection, linked to the one before by its hash. It names no person.

    Entries stand in the order in which they arrived; `at` is when it happened. `source` is the step, the reception, the
    recall or the declaration that it is about.
    """

    __tablename__ = "custody_entries"
    __table_args__ = (
        UniqueConstraint("collection_id", "number", name="custody_entries_place_key"),
        UniqueConstraint("collection_id", "kind", "source", name="custody_entries_source_key"),
    )

    id: UUID = identifier()
    collection_id: UUID = Field(foreign_key="app.collections.id", ondelete="CASCADE")
    number: int
    kind: str = text()
    source: UUID
    at: datetime = moment()
    recorded_at: datetime = moment()
    content: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": "{}"})
    previous: bytes
    hash: bytes


class CustodyHead(Table, table=True):
    """How many entries the chain of a collection has, and the hash of the last one."""

    __tablename__ = "custody_heads"

    collection_id: UUID = Field(primary_key=True, foreign_key="app.collections.id", ondelete="CASCADE")
    entries: int
    hash: bytes


class VehicleFactor(Table, table=True):
    """The emission of a vehicle per kilometre, from a day on, with its source. A newer row replaces it."""

    __tablename__ = "vehicle_factors"

    vehicle: str = text(primary_key=True)
    valid_from: date = Field(primary_key=True)
    co2e_grams_per_km: int
    source: str = text()


class CollectedImpact(Table, table=True):
    """The impact of a collection, written once when the association has received it.

    `co2e_grams` is what the food saved less what its transport emitted; it can be negative. `metres` is its share of
    the tour.
    """

    __tablename__ = "collected_impact"
    __table_args__ = (
        Index("collected_impact_written_by_idx", "written_by"),
        Index("collected_impact_shop_id_idx", "shop_id"),
        Index("collected_impact_association_id_idx", "association_id"),
        Index("collected_impact_recorded_at_idx", "recorded_at"),
    )

    collection_id: UUID = Field(primary_key=True, foreign_key="app.collections.id", ondelete="CASCADE")
    shop_id: UUID = Field(foreign_key="app.shops.id")
    association_id: UUID = Field(foreign_key="app.associations.id")
    vehicle: str | None = text()
    metres: int
    food_grams: int
    meals: Decimal = Field(sa_type=Numeric(12, 3))
    transport_co2e_grams: int = Field(sa_type=BigInteger)
    co2e_grams: int = Field(sa_type=BigInteger)
    value_saved_cents: int
    recorded_at: datetime = moment()
    written_by: int = Field(
        default=None, sa_column=Column(Xid8, nullable=False, server_default=func.pg_current_xact_id())
    )


class CollectedCategory(Table, table=True):
    """The savings of a collection by category of food, without its transport."""

    __tablename__ = "collected_categories"

    collection_id: UUID = Field(primary_key=True, foreign_key="app.collected_impact.collection_id", ondelete="CASCADE")
    category: str = text(primary_key=True)
    food_grams: int
    meals: Decimal = Field(sa_type=Numeric(12, 3))
    co2e_grams: int = Field(sa_type=BigInteger)
    value_saved_cents: int


class CollectionOutcome(Table, table=True):
    """A declaration of an association: some of what it accepted was distributed or lost."""

    __tablename__ = "collection_outcomes"
    __table_args__ = (Index("collection_outcomes_collection_id_idx", "collection_id", "id"),)

    id: UUID = identifier()
    collection_id: UUID = Field(foreign_key="app.collections.id", ondelete="CASCADE")
    outcome: str = text()
    grams: int
    day: date
    note: str = text(sa_column_kwargs={"server_default": ""})
    declared_at: datetime = moment()


class CollectionPaper(Table, table=True):
    """A slip or a donation receipt: its contents, frozen when it is issued, and the hash of the PDF made from them."""

    __tablename__ = "collection_papers"
    __table_args__ = (
        UniqueConstraint("collection_id", name="collection_papers_collection_id_key"),
        UniqueConstraint("association_id", "number", name="collection_papers_number_key"),
        Index("collection_papers_shop_id_idx", "shop_id", "id", postgresql_where=sql("shop_id is not null")),
        Index("collection_papers_association_id_idx", "association_id", "id"),
        Index("collection_papers_issued_at_idx", "issued_at"),
    )

    id: UUID = identifier()
    kind: str = text()
    collection_id: UUID | None
    shop_id: UUID | None
    association_id: UUID
    number: str | None = text()
    first_day: date
    last_day: date
    value_cents: int | None = Field(default=None, sa_type=BigInteger)
    issued_at: datetime = moment()
    contents: dict[str, Any] = Field(sa_type=JSONB)
    sha256: str | None = text()
    bytes: int | None = None
    stored_at: datetime | None = moment()


class DonationNumber(Table, table=True):
    """The last number of an association's donation receipts in a year."""

    __tablename__ = "donation_numbers"

    association_id: UUID = Field(primary_key=True)
    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    last: int


class DonatedCollection(Table, table=True):
    """A collection that is on a donation receipt: each is on one."""

    __tablename__ = "donated_collections"
    __table_args__ = (Index("donated_collections_paper_id_idx", "paper_id"),)

    collection_id: UUID = Field(primary_key=True)
    paper_id: UUID = Field(foreign_key="app.collection_papers.id", ondelete="CASCADE")
