"""Tables of legal temperatures and of the chain of custody."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Numeric, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from backend.database.columns import Table, identifier, moment, text


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
