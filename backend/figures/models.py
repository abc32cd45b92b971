"""The table of figures: the sums of days that are closed."""

from datetime import date

from sqlalchemy import BigInteger
from sqlmodel import Field

from backend.database.columns import Table


class PlatformDay(Table, table=True):
    """The sums over all lots whose window ended on a day in Paris, kept once nothing of that day changes any more.

    The columns are those of `app.figures_by_day`. The first row is the day of the first lot, and no day is left out.
    """

    __tablename__ = "platform_days"

    day: date = Field(primary_key=True)
    offered: int = Field(sa_type=BigInteger)
    reserved: int = Field(sa_type=BigInteger)
    collected: int = Field(sa_type=BigInteger)
    revenue_cents: int = Field(sa_type=BigInteger)
    value_saved_cents: int = Field(sa_type=BigInteger)
    food_grams: int = Field(sa_type=BigInteger)
    co2e_grams: int = Field(sa_type=BigInteger)
