"""Tables of retention periods, of erased accounts, and of what accounting law requires us to keep."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity
from sqlalchemy.dialects.postgresql import INTERVAL
from sqlmodel import Field

from backend.database.columns import Index, Table, moment, text


class RetentionPeriod(Table, table=True):
    """How long one kind of data is kept, from when, and why. `keeps` None: as long as the data that it belongs to."""

    __tablename__ = "retention_periods"

    what: str = text(primary_key=True)
    keeps: timedelta | None = Field(sa_type=INTERVAL)
    counted_from: str = text()
    reason: str = text()


class ErasedAccount(Table, table=True):
    """An erased account. If an older backup is restored, the account is erased again. In the schema of the keys."""

    __tablename__ = "erased_accounts"
    __table_args__ = (Index("erased_accounts_erased_at_idx", "erased_at"), {"schema": "key_vault"})

    account_id: UUID = Field(primary_key=True)
    erased_at: datetime = moment()


class BookedPayment(Table, table=True):
    """A payment of an erased account or an expired reservation: only what accounting needs, and no account id."""

    __tablename__ = "payments"
    __table_args__ = (
        Index("payments_paid_at_idx", "paid_at"),
        Index("payments_stripe_payment_intent_idx", "stripe_payment_intent"),
        {"schema": "accounting"},
    )

    payment_id: UUID = Field(primary_key=True)
    paid_at: datetime = moment()
    amount_cents: int
    refunded_cents: int
    status: str = text()
    stripe_payment_intent: str = text()
    stripe_refund: str | None = text()
    shop_siret: str = text()
    lot_category: str = text()
    moved_at: datetime = moment()
    commission_bp: int | None = None
    least_commission_cents: int | None = None
    disputed_cents: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class Correction(Table, table=True):
    """The total refunded of a booked payment, as Stripe said after a change there. The last row counts."""

    __tablename__ = "corrections"
    __table_args__ = (
        Index("corrections_payment_id_idx", "payment_id", "id"),
        Index("corrections_noted_at_idx", "noted_at"),
        {"schema": "accounting"},
    )

    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    payment_id: UUID = Field(foreign_key="accounting.payments.payment_id")
    refunded_cents: int
    stripe_refund: str | None = text()
    noted_at: datetime = moment()
    disputed_cents: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class ErasedShop(Table, table=True):
    """The SIRET of an erased shop, for payments that are moved to accounting later."""

    __tablename__ = "erased_shops"
    __table_args__ = ({"schema": "accounting"},)

    shop_id: UUID = Field(primary_key=True)
    siret: str = text()
    erased_at: datetime = moment()
