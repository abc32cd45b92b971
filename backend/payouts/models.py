"""Tables of payout accounts, and of what moves the money of shops: transfers, reversals, payouts and disputes."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, now, sql, text


class PayoutAccount(Table, table=True):
    """A shop's account at Stripe. `due` is what Stripe still asks for, in its own words."""

    __tablename__ = "payout_accounts"
    __table_args__ = (
        UniqueConstraint("stripe_account", name="payout_accounts_stripe_account_key"),
        Index("payout_accounts_looked_at_idx", "looked_at", postgresql_where=sql("state <> 'closed'")),
    )

    shop_id: UUID = Field(primary_key=True, foreign_key="app.shops.id", ondelete="CASCADE")
    stripe_account: str | None = text()
    state: str = text(sa_column_kwargs={"server_default": "new"})
    due: list[str] = Field(sa_type=ARRAY(Text), sa_column_kwargs={"server_default": "{}"})
    created_at: datetime = now()
    looked_at: datetime = now()


class Transfer(Table, table=True):
    """Money moved from the platform's Stripe balance to a shop's.

    intended → made, or cancelled because the account cannot receive money any more. `attempt` is part of the
    idempotency key and rises only once Stripe has certainly refused, or surely knows nothing of the attempt.
    """

    __tablename__ = "transfers"
    __table_args__ = (
        UniqueConstraint("stripe_transfer", name="transfers_stripe_transfer_key"),
        UniqueConstraint("stripe_payment", name="transfers_stripe_payment_key"),
        Index("transfers_intended_key", "shop_id", unique=True, postgresql_where=sql("status = 'intended'")),
        Index("transfers_shop_id_idx", "shop_id", "id"),
        {"schema": "accounting"},
    )

    id: UUID = identifier()
    shop_id: UUID
    stripe_account: str = text()
    cents: int = Field(sa_type=BigInteger)
    status: str = text(sa_column_kwargs={"server_default": "intended"})
    attempt: int = Field(sa_column_kwargs={"server_default": "1"})
    asked_at: datetime | None = moment()
    refused_code: str | None = text()
    stripe_transfer: str | None = text()
    stripe_payment: str | None = text()
    """The payment that it arrives as in the shop's balance, by which the lines of a payout name it."""
    reversed_cents: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    created_at: datetime = now()
    made_at: datetime | None = moment()


class TransferLot(Table, table=True):
    """The cents that a transfer brings for one closed lot, its corrections included."""

    __tablename__ = "transfer_lots"
    __table_args__ = (Index("transfer_lots_lot_id_idx", "lot_id"), {"schema": "accounting"})

    transfer_id: UUID = Field(primary_key=True, foreign_key="accounting.transfers.id")
    lot_id: UUID = Field(primary_key=True, foreign_key="accounting.closed_lots.lot_id")
    cents: int = Field(sa_type=BigInteger)


class Reversal(Table, table=True):
    """Money of a transfer that is taken back, because the shop owes it. What Stripe refuses is netted later.

    It is asked for by attempts, as transfers are: the next one after a refusal for want of balance, or a day later.
    """

    __tablename__ = "reversals"
    __table_args__ = (
        UniqueConstraint("stripe_reversal", name="reversals_stripe_reversal_key"),
        Index("reversals_intended_key", "shop_id", unique=True, postgresql_where=sql("status = 'intended'")),
        Index("reversals_transfer_id_idx", "transfer_id"),
        Index("reversals_shop_id_idx", "shop_id", "id"),
        {"schema": "accounting"},
    )

    id: UUID = identifier()
    transfer_id: UUID = Field(foreign_key="accounting.transfers.id")
    shop_id: UUID
    cents: int = Field(sa_type=BigInteger)
    status: str = text(sa_column_kwargs={"server_default": "intended"})
    attempt: int = Field(sa_column_kwargs={"server_default": "1"})
    asked_at: datetime | None = moment()
    refused_code: str | None = text()
    stripe_reversal: str | None = text()
    created_at: datetime = now()
    made_at: datetime | None = moment()


class Payout(Table, table=True):
    """A payout that Stripe makes from a shop's balance to its bank. The id and the status are Stripe's."""

    __tablename__ = "payouts"
    __table_args__ = (Index("payouts_shop_id_idx", "shop_id", "made_at", "id"), {"schema": "accounting"})

    id: str = text(primary_key=True)
    shop_id: UUID
    cents: int = Field(sa_type=BigInteger)
    status: str = text()
    arrives_on: date
    made_at: datetime = moment()
    looked_at: datetime = moment()


class PayoutTransfer(Table, table=True):
    """A transfer that is part of a payout."""

    __tablename__ = "payout_transfers"
    __table_args__ = (Index("payout_transfers_transfer_id_idx", "transfer_id"), {"schema": "accounting"})

    payout_id: str = text(primary_key=True, foreign_key="accounting.payouts.id")
    transfer_id: UUID = Field(primary_key=True, foreign_key="accounting.transfers.id")
    cents: int = Field(sa_type=BigInteger)


class Dispute(Table, table=True):
    """A cardholder's dispute of a payment. The id, status and reason are Stripe's."""

    __tablename__ = "disputes"
    __table_args__ = (
        Index("disputes_opened_at_idx", "opened_at", "id"),
        Index("disputes_open_idx", "looked_at", postgresql_where=sql("closed_at is null")),
        {"schema": "accounting"},
    )

    id: str = text(primary_key=True)
    payment_id: UUID | None
    reservation_id: UUID | None
    shop_id: UUID | None
    cents: int = Field(sa_type=BigInteger)
    fee_cents: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    status: str = text()
    reason: str = text()
    answer_by: datetime | None = moment()
    opened_at: datetime = moment()
    closed_at: datetime | None = moment()
    borne_by: str | None = text()
    looked_at: datetime = moment()
