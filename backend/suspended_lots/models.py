"""Suspended lots, and where their portions were offered."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from backend.database.columns import Index, Table, moment, sql, text


class SuspendedLot(Table, table=True):
    """Portions that a customer pays for and a beneficiary collects. Its id is that of the customer's reservation."""

    __tablename__ = "suspended_lots"
    __table_args__ = (Index("suspended_lots_unclaimed_idx", "move_by", postgresql_where=sql("unclaimed > 0")),)

    id: UUID = Field(primary_key=True, foreign_key="app.reservations.id")
    if_unclaimed: str = text()
    unclaimed: int = Field(sa_column_kwargs={"server_default": "0"})
    move_by: datetime | None = moment()
    settled_at: datetime | None = moment()
    version: int = Field(sa_column_kwargs={"server_default": "1"})


class SuspendedPortions(Table, table=True):
    """Portions of a gift at one lot: the reservation that keeps them there, and how many were collected in the end.

    `collected` is None until the window of that lot is over and counted. `kept` is then how many were reserved by
    somebody who did not come or cancelled too late; they are paid to the shop as well.
    """

    __tablename__ = "suspended_portions"
    __table_args__ = (
        Index("suspended_portions_suspended_lot_id_idx", "suspended_lot_id"),
        Index("suspended_portions_lot_id_idx", "lot_id"),
        Index("suspended_portions_open_idx", "lot_id", postgresql_where=sql("collected is null")),
    )

    reservation_id: UUID = Field(primary_key=True, foreign_key="app.reservations.id")
    suspended_lot_id: UUID = Field(foreign_key="app.suspended_lots.id")
    lot_id: UUID = Field(foreign_key="app.lots.id")
    collected: int | None
    kept: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    given_back: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How many of the portions that were collected or kept were given back to the donor after a problem report."""
    given_back_cents: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
