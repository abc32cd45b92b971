"""The tables of recalls, and of the notices of the public feed that they may follow."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Boolean, Column
from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, now, sql, text


class Recall(Table, table=True):
    """Recalled food: a trade number (GTIN) and one of its batches, or all of them. Append-only.

    A recall that follows a notice is of the lots that it froze and of nothing else.
    """

    __tablename__ = "recalls"
    __table_args__ = (
        Index("recalls_gtin_idx", "gtin"),
        Index("recalls_issued_by_idx", "issued_by"),
        Index("recalls_notice_id_idx", "notice_id"),
    )

    id: UUID = identifier()
    gtin: str | None = text()
    batch: str | None = text()
    reason: str = text()
    issued_by: UUID | None = Field(foreign_key="app.accounts.id")
    issued_at: datetime = now()
    notice_id: UUID | None = Field(foreign_key="app.recall_notices.id")


class RecallNotice(Table, table=True):
    """A notice of the public feed: what it says, and which words (a tsquery) a lot may be known by."""

    __tablename__ = "recall_notices"
    __table_args__ = (
        Index("recall_notices_fades_at_idx", "fades_at"),
        Index("recall_notices_read_at_idx", "read_at"),
    )

    id: UUID = identifier()
    number: str = text(unique=True)
    version: int
    published_at: datetime = moment()
    title: str = text()
    brand: str | None = text()
    reason: str = text()
    advice: str | None = text()
    link: str | None = text()
    names: str = text()
    fades_at: datetime = moment()
    read_at: datetime = moment()


class RecallItem(Table, table=True):
    """One product that a notice names: its trade number, and the batch or the dates that are recalled."""

    __tablename__ = "recall_items"
    __table_args__ = (Index("recall_items_gtin_idx", "gtin"),)

    notice_id: UUID = Field(primary_key=True, foreign_key="app.recall_notices.id")
    key: str = text(primary_key=True)
    gtin: str | None = text()
    covers: str = text()
    batch: str | None = text()
    food_from: date | None
    food_until: date | None
    fades_at: datetime = moment()


class RecallMatch(Table, table=True):
    """A lot that a notice names, or may name: then an admin decides whether it is recalled."""

    __tablename__ = "recall_matches"
    __table_args__ = (
        Index("recall_matches_lot_id_idx", "lot_id"),
        Index("recall_matches_decided_by_idx", "decided_by"),
        Index("recall_matches_undecided_idx", "notice_id", postgresql_where=sql("decided_at is null")),
    )

    notice_id: UUID = Field(primary_key=True, foreign_key="app.recall_notices.id")
    lot_id: UUID = Field(primary_key=True, foreign_key="app.lots.id")
    because: str = text()
    found_at: datetime = moment()
    decided_at: datetime | None = moment()
    decided_by: UUID | None = Field(foreign_key="app.accounts.id")
    recalled: bool | None


class RecallFeed(Table, table=True):
    """How far the public feed has been read: one row."""

    __tablename__ = "recall_feed"

    only_row: bool = Field(sa_column=Column(Boolean, primary_key=True, server_default="true"))
    seen_until: datetime = moment()
    read_at: datetime = moment()
