"""Favourite shops, saved places with their alerts, and the lots of which people are still to be told."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import SmallInteger, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from backend.database.columns import Circle, Index, Table, identifier, moment, now, text


class Favourite(Table, table=True):
    """A shop that somebody wants to find again."""

    __tablename__ = "favourites"
    __table_args__ = (
        Index("favourites_once_key", "account_id", "shop_id", unique=True),
        Index("favourites_account_id_idx", "account_id", "id"),
        Index("favourites_slot_key", "account_id", "slot", unique=True),
        Index("favourites_followers_idx", "shop_id", "account_id"),
    )

    id: UUID = identifier()
    account_id: UUID = Field(foreign_key="app.accounts.id")
    shop_id: UUID = Field(foreign_key="app.shops.id")
    slot: int = Field(sa_type=SmallInteger)
    created_at: datetime = now()


class SavedPlace(Table, table=True):
    """A place where somebody looks for lots, which may be their home."""

    __tablename__ = "saved_places"
    __table_args__ = (Index("saved_places_slot_key", "account_id", "slot", unique=True),)

    id: UUID = identifier()
    account_id: UUID = Field(foreign_key="app.accounts.id")
    slot: int = Field(sa_type=SmallInteger)
    name: str = text()
    latitude: float
    longitude: float
    time_zone: str = text(sa_column_kwargs={"server_default": "Europe/Paris"})
    version: int = Field(sa_column_kwargs={"server_default": "1"})
    created_at: datetime = now()


class PlaceAlert(Table, table=True):
    """The lots that somebody wants to hear of near one of their places, and how often they heard on the latest day."""

    __tablename__ = "place_alerts"
    __table_args__ = (
        Index("place_alerts_area_idx", "area", postgresql_using="gist"),
        Index("place_alerts_account_id_idx", "account_id"),
    )

    place_id: UUID = Field(foreign_key="app.saved_places.id", primary_key=True, ondelete="CASCADE")
    account_id: UUID = Field(foreign_key="app.accounts.id")
    area: str = Field(sa_type=Circle)
    radius_m: int
    categories: list[str] = Field(sa_type=ARRAY(Text), sa_column_kwargs={"server_default": "{}"})
    max_price_cents: int | None
    most_a_day: int = Field(sa_type=SmallInteger, sa_column_kwargs={"server_default": "2"})
    told_on: date | None
    told: int = Field(sa_column_kwargs={"server_default": "0"})


class AlertDue(Table, table=True):
    """An alert for which something came on offer, and when its person may be told."""

    __tablename__ = "alerts_due"
    __table_args__ = (Index("alerts_due_due_at_idx", "due_at"),)

    place_id: UUID = Field(primary_key=True)
    since: datetime = moment()
    due_at: datetime = moment()


class LotToAnnounce(Table, table=True):
    """A lot that came on offer, until everybody who wants to know of it is told."""

    __tablename__ = "lots_to_announce"

    id: UUID = identifier()
    lot_id: UUID
    free: bool
    at: datetime = moment()
    followers_after: UUID | None = Field(sa_column_kwargs={"server_default": "00000000-0000-0000-0000-000000000000"})
    places_after: UUID | None = Field(sa_column_kwargs={"server_default": "00000000-0000-0000-0000-000000000000"})
