"""How long what is kept, and what accounting law keeps apart from everything else."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import INTERVAL
from sqlmodel import Field

from backend.database.columns import Index, Table, moment, text


class RetentionPeriod(Table, table=True):
    """How long one kind of thing is kept, counted from when, and why. None: as long as what it belongs to."""

    __tablename__ = "retention_periods"

    what: str = text(primary_key=True)
    keeps: timedelta | None = Field(sa_type=INTERVAL)
    counted_from: str = text()
    reason: str = text()


class ErasedAccount(Table, table=True):
    """That an account was erased, kept beside the keys: what an older backup brings back is erased once more."""

    __tablename__ = "erased_accounts"
    __table_args__ = (Index("erased_accounts_erased_at_idx", "erased_at"), {"schema": "vault"})

    account_id: UUID = Field(primary_key=True)
    erased_at: datetime = moment()


class BookedPayment(Table, table=True):
    """A payment as the books keep it: these columns and no others, and nobody's account among them."""

    __tablename__ = "payments"
    __table_args__ = (Index("payments_paid_at_idx", "paid_at"), {"schema": "accounting"})

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


class ErasedShop(Table, table=True):
    """The SIRET of a shop that was erased, for payments that come to the books later."""

    __tablename__ = "erased_shops"
    __table_args__ = ({"schema": "accounting"},)

    shop_id: UUID = Field(primary_key=True)
    siret: str = text()
    erased_at: datetime = moment()
