"""The tables of what shops regularly leave, and of suggestions that nobody is interested in."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from backend.database.columns import Index, Table, moment, text


class ShopLeftover(Table, table=True):
    """What a shop leaves of a category on most of such days of the week (1 is Monday), counted each night."""

    __tablename__ = "shop_leftovers"

    shop_id: UUID = Field(primary_key=True, foreign_key="app.shops.id", ondelete="CASCADE")
    weekday: int = Field(primary_key=True)
    category: str = text(primary_key=True)
    grams: int


class NeighbourDismissal(Table, table=True):
    """A suggestion that a side, shop or association, is not interested in."""

    __tablename__ = "neighbour_dismissals"
    __table_args__ = (
        Index("neighbour_dismissals_association_id_idx", "association_id"),
        Index("neighbour_dismissals_at_idx", "at"),
    )

    shop_id: UUID = Field(primary_key=True, foreign_key="app.shops.id", ondelete="CASCADE")
    association_id: UUID = Field(primary_key=True, foreign_key="app.associations.id", ondelete="CASCADE")
    said_by: str = text(primary_key=True)
    at: datetime = moment()
