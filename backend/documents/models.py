"""Tables of papers, of their numbers, and of what statements have listed."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, ForeignKey, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as UuidType
from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, sql, text


class Document(Table, table=True):
    """A paper: its contents, frozen when it is issued, and the hash of the one PDF that was made from them.

    `number` is that of an invoice or a credit note. `source` is what it is for, once for each kind. `taken_at`: since
    when somebody prints it. `original_id`: the invoice of a credit note.
    """

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("number", name="documents_number_key"),
        UniqueConstraint("kind", "source", name="documents_kind_source_key"),
        Index("documents_shop_id_idx", "shop_id", "id"),
        Index("documents_last_statement_idx", "shop_id", "first_day", postgresql_where=sql("kind = 'statement'")),
        Index("documents_original_id_idx", "original_id", postgresql_where=sql("original_id is not null")),
        Index("documents_to_print_idx", "id", postgresql_where=sql("stored_at is null")),
        Index("documents_issued_at_idx", "issued_at"),
        {"schema": "accounting"},
    )

    id: UUID = identifier()
    kind: str = text()
    number: str | None = text()
    source: str = text()
    shop_id: UUID
    first_day: date
    last_day: date
    net_cents: int | None = Field(default=None, sa_type=BigInteger)
    vat_cents: int | None = Field(default=None, sa_type=BigInteger)
    gross_cents: int | None = Field(default=None, sa_type=BigInteger)
    original_id: UUID | None = Field(default=None, foreign_key="accounting.documents.id")
    issued_at: datetime = moment()
    contents: dict[str, Any] = Field(sa_type=JSONB)
    taken_at: datetime | None = moment()
    sha256: str | None = text()
    bytes: int | None = None
    stored_at: datetime | None = moment()


class DocumentNumber(Table, table=True):
    """The last number of a series in a year, and when it was given."""

    __tablename__ = "document_numbers"
    __table_args__ = ({"schema": "accounting"},)

    series: str = text(primary_key=True)
    year: int = Field(primary_key=True)
    last: int
    given_at: datetime = moment()


def _statement() -> Any:
    """Return the column of the statement that lists something; its row follows in the same transaction."""
    statement = ForeignKey("accounting.documents.id", ondelete="CASCADE", deferrable=True, initially="DEFERRED")
    return Field(sa_column=Column(UuidType(as_uuid=True), statement, nullable=False))


class StatedLot(Table, table=True):
    """A closed lot that a statement lists."""

    __tablename__ = "stated_lots"
    __table_args__ = (Index("stated_lots_statement_id_idx", "statement_id"), {"schema": "accounting"})

    lot_id: UUID = Field(primary_key=True, foreign_key="accounting.closed_lots.lot_id", ondelete="CASCADE")
    statement_id: UUID = _statement()


class StatedCorrection(Table, table=True):
    """A correction of a closed lot that a statement lists."""

    __tablename__ = "stated_corrections"
    __table_args__ = (Index("stated_corrections_statement_id_idx", "statement_id"), {"schema": "accounting"})

    correction_id: int = Field(
        sa_type=BigInteger,
        primary_key=True,
        foreign_key="accounting.closed_lot_corrections.id",
        ondelete="CASCADE",
        sa_column_kwargs={"autoincrement": False},
    )
    statement_id: UUID = _statement()


class StatedPosting(Table, table=True):
    """A posting other than of closed lots, such as a transfer, that a statement lists."""

    __tablename__ = "stated_postings"
    __table_args__ = (Index("stated_postings_statement_id_idx", "statement_id"), {"schema": "accounting"})

    posting_id: int = Field(
        sa_type=BigInteger,
        primary_key=True,
        foreign_key="accounting.postings.id",
        ondelete="CASCADE",
        sa_column_kwargs={"autoincrement": False},
    )
    statement_id: UUID = _statement()
