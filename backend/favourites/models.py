"""Favourite shops, saved places, and the lots of which people are still to be told."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import SmallInteger
from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, now, text


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


class LotToAnnounce(Table, table=True):
    """A lot that came on offer and of which not all are told who want to know."""

    __tablename__ = "lots_to_announce"

    id: UUID = identifier()
    lot_id: UUID
    free: bool
    at: datetime = moment()
    followers_after: UUID | None = Field(sa_column_kwargs={"server_default": "00000000-0000-0000-0000-000000000000"})
