"""Tables of funds, of what they granted, and of their monthly statements."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, sql, text


class Fund(Table, table=True):
    """A commitment of an organisation, with rules, to compensate shops for free portions. Amounts are in cents.

    `left_cents` moves with each grant, so nobody reads it: people read what the last statement says.
    """

    __tablename__ = "funds"
    __table_args__ = (
        Index("funds_organisation_id_idx", "organisation_id", "id"),
        Index("funds_territory_code_idx", "territory_code"),
        Index("funds_open_idx", "id", postgresql_where=sql("settled_at is null")),
    )

    id: UUID = identifier()
    organisation_id: UUID = Field(foreign_key="app.organisations.id")
    name: str = text()
    reference: str | None = text()
    ceiling_cents: int = Field(sa_type=BigInteger)
    left_cents: int = Field(sa_type=BigInteger)
    first_day: date
    last_day: date
    categories: list[str] | None = Field(sa_type=ARRAY(Text))
    territory_code: str = text(foreign_key="app.territories.code")
    per: str = text()
    rate_cents: int
    category_rates: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))
    status: str = text(sa_column_kwargs={"server_default": "proposed"})
    reason: str | None = text()
    created_at: datetime = moment()
    decided_at: datetime | None = moment()
    ended_on: date | None
    settled_at: datetime | None = moment()
    returned_cents: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})


class FundStatement(Table, table=True):
    """The grants of a fund in a month, and where it stood at its end, in cents. It does not change any more."""

    __tablename__ = "fund_statements"
    __table_args__ = (
        UniqueConstraint("fund_id", "month", name="fund_statements_month_key"),
        Index("fund_statements_to_print_idx", "id", postgresql_where=sql("stored_at is null")),
        {"schema": "accounting"},
    )

    id: UUID = Field(primary_key=True)
    fund_id: UUID = Field(foreign_key="app.funds.id")
    month: date
    granted_cents: int = Field(sa_type=BigInteger)
    granted_so_far_cents: int = Field(sa_type=BigInteger)
    returned_cents: int = Field(sa_type=BigInteger)
    left_cents: int = Field(sa_type=BigInteger)
    contents: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    issued_at: datetime = moment()
    taken_at: datetime | None = moment()
    sha256: str | None = text()
    bytes: int | None
    stored_at: datetime | None = moment()


class FundLine(Table, table=True):
    """The total of a shop in a statement: portions, grams and cents, and when its funder said that it has paid."""

    __tablename__ = "fund_lines"
    __table_args__ = (
        Index("fund_lines_shop_id_idx", "shop_id", "statement_id"),
        Index("fund_lines_siren_idx", sql('"left"(siret, 9)')),
        {"schema": "accounting"},
    )

    statement_id: UUID = Field(primary_key=True, foreign_key="accounting.fund_statements.id", ondelete="CASCADE")
    shop_id: UUID = Field(primary_key=True)
    siret: str = text()
    name: str = text()
    portions: int
    grams: int = Field(sa_type=BigInteger)
    cents: int = Field(sa_type=BigInteger)
    above_de_minimis: bool = Field(sa_column=Column(Boolean, nullable=False))
    paid_at: datetime | None = moment()


class Grant(Table, table=True):
    """The grant for a collected reservation of a free lot. Nobody reads it: statements have a total a shop."""

    __tablename__ = "grants"
    __table_args__ = (
        Index("grants_fund_id_idx", "fund_id", "granted_at"),
        Index("grants_statement_id_idx", "statement_id", postgresql_where=sql("statement_id is not null")),
        Index("grants_not_stated_idx", "fund_id", "granted_at", postgresql_where=sql("statement_id is null")),
        {"schema": "accounting"},
    )

    reservation_id: UUID = Field(primary_key=True)
    fund_id: UUID = Field(foreign_key="app.funds.id")
    shop_id: UUID
    portions: int
    grams: int
    cents: int = Field(sa_type=BigInteger)
    granted_at: datetime = moment()
    statement_id: UUID | None = Field(foreign_key="accounting.fund_statements.id")


class GrantCorrection(Table, table=True):
    """An admin's correction of a shop's grants: portions, grams and cents are negative."""

    __tablename__ = "grant_corrections"
    __table_args__ = (
        Index("grant_corrections_fund_id_idx", "fund_id", "at"),
        Index("grant_corrections_statement_id_idx", "statement_id", postgresql_where=sql("statement_id is not null")),
        {"schema": "accounting"},
    )

    id: UUID = identifier()
    fund_id: UUID = Field(foreign_key="app.funds.id")
    shop_id: UUID
    portions: int
    grams: int
    cents: int = Field(sa_type=BigInteger)
    reason: str = text()
    at: datetime = moment()
    statement_id: UUID | None = Field(foreign_key="accounting.fund_statements.id")
