"""Tables of impact: factors, entries, people helped, totals."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, Numeric, func
from sqlmodel import Field

from backend.database.columns import Index, Table, Xid8, now, sql, text


class ImpactFactor(Table, table=True):
    """The CO2e that one meal saves, with its source and the day from which it applies."""

    __tablename__ = "impact_factors"
    __table_args__ = (
        Index("impact_factors_version_key", "method", sql("coalesce(category, '')"), "valid_from", unique=True),
    )

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    method: str = text()
    category: str | None = text()
    co2e_grams_per_meal: int
    unit: str = text(sa_column_kwargs={"server_default": "g CO2e per meal"})
    source: str = text()
    valid_from: date


class ImpactEntry(Table, table=True):
    """The savings of one handover. `people_helped`: 1 if the account got free food for the first time, otherwise 0.

    `value_saved_cents` is the original price. `recovered_by_shops_cents`, a part of it, is what a customer or a donor
    paid; the rest is what people saved.
    """

    __tablename__ = "impact_entries"
    __table_args__ = (
        Index("impact_entries_written_by_idx", "written_by"),
        Index("impact_entries_account_id_idx", "account_id"),
        Index("impact_entries_shop_id_idx", "shop_id"),
        Index(
            "impact_entries_recorded_at_idx",
            "recorded_at",
            postgresql_using="brin",
            postgresql_with={"pages_per_range": 16, "autosummarize": "on"},
        ),
    )

    reservation_id: UUID = Field(primary_key=True, foreign_key="app.reservations.id")
    account_id: UUID = Field(foreign_key="app.accounts.id")
    shop_id: UUID = Field(foreign_key="app.shops.id")
    # No foreign key: its check would lock the one factor that all handovers share. Factors are append-only instead.
    factor_id: int
    food_grams: int
    meals: Decimal = Field(sa_type=Numeric(12, 3))
    co2e_grams: int = Field(sa_type=BigInteger)
    value_saved_cents: int
    recovered_by_shops_cents: int
    people_helped: int
    recorded_at: datetime = now()
    written_by: int = Field(
        default=None, sa_column=Column(Xid8, nullable=False, server_default=func.pg_current_xact_id())
    )
    category: str = text()
    portions: int
    given: bool = Field(sa_column=Column(Boolean, nullable=False))


class FigureDay(Table, table=True):
    """The figures of a shop on one day in Paris with one category of food; what has no category stands under ''.

    The sums of the entries that transactions before `impact_totals.counted_before` wrote. `lots`, `offered` and
    `unsold` count on the day on which a lot ended. `given` is the part of `collected` that merchants gave. Food, meals,
    CO₂e and value are those of handovers and collections; `donated_grams` is what collections have of the food.
    """

    __tablename__ = "figure_days"
    __table_args__ = (Index("figure_days_shop_id_idx", "shop_id"),)

    day: date = Field(primary_key=True)
    shop_id: UUID = Field(primary_key=True, foreign_key="app.shops.id")
    category: str = text(primary_key=True)
    lots: int
    offered: int
    unsold: int
    handovers: int
    collected: int
    given: int
    food_grams: int = Field(sa_type=BigInteger)
    meals: Decimal = Field(sa_type=Numeric(18, 3))
    co2e_grams: int = Field(sa_type=BigInteger)
    value_saved_cents: int = Field(sa_type=BigInteger)
    recovered_by_shops_cents: int = Field(sa_type=BigInteger)
    collections: int
    donated_grams: int = Field(sa_type=BigInteger)
    metres: int = Field(sa_type=BigInteger)


class LotEnd(Table, table=True):
    """The outcome of a lot: the portions offered, and those that nobody had collected when it ended."""

    __tablename__ = "lot_ends"
    __table_args__ = (Index("lot_ends_written_by_idx", "written_by"), Index("lot_ends_shop_id_idx", "shop_id"))

    lot_id: UUID = Field(primary_key=True, foreign_key="app.lots.id")
    shop_id: UUID = Field(foreign_key="app.shops.id")
    category: str = text()
    day: date
    offered: int
    unsold: int
    written_by: int = Field(
        default=None, sa_column=Column(Xid8, nullable=False, server_default=func.pg_current_xact_id())
    )


class PeopleHelped(Table, table=True):
    """Accounts that have received food at least once, for free or paid. Only those with free food count as helped."""

    __tablename__ = "people_helped"

    account_id: UUID = Field(primary_key=True, foreign_key="app.accounts.id")
    free: bool = Field(primary_key=True)


class ImpactPeriod(Table, table=True):
    """The impact of one closed period of whole months in Paris. It is published and never changes afterwards."""

    __tablename__ = "impact_periods"

    first_month: date = Field(primary_key=True)
    last_month: date
    handovers: int
    food_grams: int = Field(sa_type=BigInteger)
    meals: Decimal = Field(sa_type=Numeric(18, 3))
    co2e_grams: int = Field(sa_type=BigInteger)
    value_saved_cents: int = Field(sa_type=BigInteger)
    recovered_by_shops_cents: int = Field(sa_type=BigInteger)
    people_helped: int


class ImpactTotals(Table, table=True):
    """One row: the totals of the entries that transactions before `counted_before` wrote."""

    __tablename__ = "impact_totals"

    only_row: bool = Field(sa_column=Column(Boolean, primary_key=True, server_default="true"))
    counted_before: int = Field(sa_column=Column(Xid8, nullable=False))
    food_grams: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    meals: Decimal = Field(sa_type=Numeric(18, 3), sa_column_kwargs={"server_default": "0"})
    co2e_grams: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    value_saved_cents: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    recovered_by_shops_cents: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    people_helped: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    since: datetime = now()
