"""Waiting lists and draws."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, now, sql, text

RUNNING = sql("status in ('waiting', 'offered', 'taking')")


class Waiting(Table, table=True):
    """Somebody's entry on the waiting list of a lot, with the portions that are set aside for them and until when."""

    __tablename__ = "waiting"
    __table_args__ = (
        Index("waiting_once_key", "lot_id", "account_id", unique=True, postgresql_where=RUNNING),
        Index("waiting_line_idx", "lot_id", "ticket", postgresql_where=RUNNING),
        Index("waiting_account_id_idx", "account_id", "id"),
        Index("waiting_offer_until_idx", "offer_until", postgresql_where=sql("status = 'offered'")),
        Index("waiting_reservation_id_idx", "reservation_id", postgresql_where=sql("reservation_id is not null")),
    )

    id: UUID = identifier()
    lot_id: UUID = Field(foreign_key="app.lots.id")
    account_id: UUID = Field(foreign_key="app.accounts.id")
    ticket: int = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), nullable=False))
    quantity: int
    status: str = text(sa_column_kwargs={"server_default": "waiting"})
    offered: int | None
    offer_until: datetime | None = moment()
    reservation_id: UUID | None = Field(foreign_key="app.reservations.id")
    created_at: datetime = now()
    ended_at: datetime | None = moment()


class Draw(Table, table=True):
    """A fair draw: the portions that came back to the lot, who waited, and the seed that the order follows from."""

    __tablename__ = "draws"
    __table_args__ = (Index("draws_lot_id_idx", "lot_id", "id"),)

    id: UUID = identifier()
    lot_id: UUID = Field(foreign_key="app.lots.id")
    seed: bytes
    portions: int
    candidates: list[dict[str, Any]] = Field(sa_type=JSONB)
    drawn_at: datetime = now()
