"""Tables of the ledger, of Stripe's balance transactions, and of closed lots."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, UniqueConstraint, func
from sqlmodel import Field

from backend.database.columns import Index, Table, Xid8, moment, sql, text


def _number() -> int:
    """Return a primary key column that counts up."""
    made: int = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    return made


class LedgerAccount(Table, table=True):
    """An account of the ledger. `subject` is the shop or the fund, where the account is one's."""

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        Index(
            "ledger_accounts_name_key",
            "book",
            "kind",
            sql("coalesce(subject, '00000000-0000-0000-0000-000000000000')"),
            unique=True,
        ),
        {"schema": "accounting"},
    )

    id: int = _number()
    kind: str = text()
    subject: UUID | None = None
    book: str = text()


class Posting(Table, table=True):
    """Something that moved money, posted once by kind and source. Its lines come to 0 in each book."""

    __tablename__ = "postings"
    __table_args__ = (
        UniqueConstraint("kind", "source", name="postings_kind_source_key"),
        Index("postings_reservation_id_idx", "reservation_id", postgresql_where=sql("reservation_id is not null")),
        Index("postings_event_at_idx", "event_at"),
        {"schema": "accounting"},
    )

    id: int = _number()
    kind: str = text()
    source: str = text()
    reservation_id: UUID | None = None
    event_at: datetime = moment()
    xact: int = Field(default=None, sa_column=Column(Xid8, nullable=False, server_default=func.pg_current_xact_id()))


class Line(Table, table=True):
    """One line of a posting: the cents that it debits (+) or credits (-) an account with."""

    __tablename__ = "lines"
    __table_args__ = (
        Index("lines_account_id_idx", "account_id", "posting_id", postgresql_include=["cents"]),
        {"schema": "accounting"},
    )

    posting_id: int = Field(sa_type=BigInteger, primary_key=True, foreign_key="accounting.postings.id")
    # No foreign key: its check would lock the few accounts that all postings share. A trigger looks instead.
    account_id: int = Field(sa_type=BigInteger, primary_key=True)
    cents: int = Field(sa_type=BigInteger)


class StripeBalanceTransaction(Table, table=True):
    """A move on a balance as Stripe lists it, in cents. `account` None: the platform's own balance."""

    __tablename__ = "stripe_balance_transactions"
    __table_args__ = (
        Index("stripe_balance_transactions_posting_id_idx", "posting_id"),
        Index("stripe_balance_transactions_created_at_idx", "account", "created_at"),
        Index("stripe_balance_transactions_open_idx", "id", postgresql_where=sql("posting_id is null")),
        {"schema": "accounting"},
    )

    id: str = text(primary_key=True)
    account: str | None = text()
    net: int = Field(sa_type=BigInteger)
    fee: int = Field(sa_type=BigInteger)
    category: str = text()
    source: str | None = text()
    intent: str | None = text()
    created_at: datetime = moment()
    available_on: datetime = moment()
    posting_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="accounting.postings.id")


class LotToClose(Table, table=True):
    """A lot that is over and not closed yet, and when it may be."""

    __tablename__ = "lots_to_close"
    __table_args__ = (Index("lots_to_close_due_at_idx", "due_at"),)

    lot_id: UUID = Field(primary_key=True, foreign_key="app.lots.id")
    due_at: datetime = moment()


class ClosedLot(Table, table=True):
    """The earnings of a shop by one lot, in cents: sold and suspended portions together. It reads nothing smaller."""

    __tablename__ = "closed_lots"
    __table_args__ = (
        Index("closed_lots_shop_id_idx", "shop_id", "closed_at", "lot_id"),
        Index("closed_lots_closed_at_idx", "closed_at"),
        {"schema": "accounting"},
    )

    lot_id: UUID = Field(primary_key=True)
    shop_id: UUID
    title: str = text()
    window_ended_at: datetime = moment()
    closed_at: datetime = moment()
    portions: int
    gross_cents: int = Field(sa_type=BigInteger)
    commission_cents: int = Field(sa_type=BigInteger)
    vat_cents: int = Field(sa_type=BigInteger)
    net_cents: int = Field(sa_type=BigInteger)
    sales: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    """Passes with which its portions were bought or reserved, whoever paid."""


class ClosedLotCorrection(Table, table=True):
    """A change of a closed lot's totals, in cents; negative if money went back. Shops read it from `at` on."""

    __tablename__ = "closed_lot_corrections"
    __table_args__ = (
        UniqueConstraint("posting_id", "earned_id", name="closed_lot_corrections_cause_key"),
        Index("closed_lot_corrections_lot_id_idx", "lot_id", "id"),
        Index("closed_lot_corrections_shop_id_idx", "shop_id", "at", "id"),
        Index("closed_lot_corrections_earned_id_idx", "earned_id"),
        Index("closed_lot_corrections_at_idx", "at"),
        {"schema": "accounting"},
    )

    id: int = _number()
    lot_id: UUID = Field(foreign_key="accounting.closed_lots.lot_id")
    shop_id: UUID
    at: datetime = moment()
    gross_cents: int = Field(sa_type=BigInteger)
    commission_cents: int = Field(sa_type=BigInteger)
    vat_cents: int = Field(sa_type=BigInteger)
    net_cents: int = Field(sa_type=BigInteger)
    reason: str = text()
    posting_id: int = Field(sa_type=BigInteger, foreign_key="accounting.postings.id")
    earned_id: int = Field(sa_type=BigInteger, foreign_key="accounting.postings.id")


class BalanceRead(Table, table=True):
    """How far the balance of an account at Stripe was read without a gap; an empty `account` is the platform's."""

    __tablename__ = "balances_read"
    __table_args__ = ({"schema": "accounting"},)

    account: str = text(primary_key=True)
    read_until: datetime = moment()


class LedgerCheck(Table, table=True):
    """A check of the ledger: how many lines it had, and how many differences were found."""

    __tablename__ = "ledger_checks"
    __table_args__ = (Index("ledger_checks_checked_at_idx", "checked_at"), {"schema": "accounting"})

    id: int = _number()
    checked_at: datetime = moment()
    lines: int = Field(sa_type=BigInteger)
    differences: int


class LedgerDifference(Table, table=True):
    """Something that a check found: not as it must be, by so many cents."""

    __tablename__ = "ledger_differences"
    __table_args__ = ({"schema": "accounting"},)

    check_id: int = Field(
        sa_column=Column(BigInteger, ForeignKey("accounting.ledger_checks.id", ondelete="CASCADE"), primary_key=True)
    )
    number: int = Field(primary_key=True)
    kind: str = text()
    source: str | None = text()
    reservation_id: UUID | None = None
    shop_id: UUID | None = None
    cents: int = Field(sa_type=BigInteger)
