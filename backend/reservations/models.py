"""Reservations with their pass, and the answers kept for repeated requests."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, now, sql, text


class Reservation(Table, table=True):
    """A claim on portions of a lot, with the purpose to `collect` them or to `give` them to a beneficiary."""

    __tablename__ = "reservations"
    __table_args__ = (
        Index("reservations_account_id_idx", "account_id", "id"),
        Index("reservations_lot_id_idx", "lot_id", "id"),
        Index("reservations_hold_until_idx", "hold_until", postgresql_where=sql("status = 'held'")),
        Index(
            "reservations_no_shows_idx",
            "account_id",
            "ended_at",
            postgresql_where=sql("status = 'no_show' and quota_day is not null"),
        ),
    )

    id: UUID = identifier()
    lot_id: UUID = Field(foreign_key="app.lot_stock.lot_id")  # not the wide row of the lot: each insert locks it
    account_id: UUID = Field(foreign_key="app.accounts.id")
    quantity: int
    unit_price_cents: int
    status: str = text()
    hold_until: datetime | None = moment()
    quota_day: date | None
    created_at: datetime = now()
    confirmed_at: datetime | None = moment()
    ended_at: datetime | None = moment()
    ended_because: str | None = text()
    handed_over_by: UUID | None = Field(default=None)
    """The account of whoever handed the portions over at the counter."""
    station_id: UUID | None = Field(default=None)
    """The station where they were handed over, if it was one and no person."""
    shown_at: datetime | None = moment()
    """When the pass was shown, if a station without a network sent the handover later."""
    lapsed_lot_version: int | None = None  # the lot's version when the hold lapsed
    purpose: str = text(sa_column_kwargs={"server_default": "collect"})


class Pass(Table, table=True):
    """A pass to show at pickup: the code from which QR and PIN are derived, and the number of wrong PINs."""

    __tablename__ = "passes"

    reservation_id: UUID = Field(primary_key=True, foreign_key="app.reservations.id", ondelete="CASCADE")
    code: str = text(unique=True)
    wrong_tries: int = Field(sa_column_kwargs={"server_default": "0"})


class IdempotencyKey(Table, table=True):
    """The answer to a request that came with an Idempotency-Key, per account."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        Index("idempotency_keys_created_at_idx", "created_at"),
        Index("idempotency_keys_reservation_id_idx", "reservation_id"),
    )

    scope: UUID = Field(primary_key=True)
    key: str = text(primary_key=True)
    fingerprint: bytes
    reservation_id: UUID | None = Field(default=None, foreign_key="app.reservations.id")
    status: int | None
    body: str | None = text()
    busy_until: datetime = moment()
    created_at: datetime = now()
