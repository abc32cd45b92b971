"""Drafts made from photos, what merchants published from them, and how often the model was asked."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, text


class ListingDraft(Table, table=True):
    """A draft, and the first lot that was published from its photo: the difference shows how good drafts are."""

    __tablename__ = "listing_drafts"
    __table_args__ = (
        Index("listing_drafts_photo_id_idx", "photo_id", unique=True),
        Index("listing_drafts_shop_id_idx", "shop_id"),
        Index("listing_drafts_lot_id_idx", "lot_id"),
        Index("listing_drafts_drafted_at_idx", "drafted_at"),
    )

    id: UUID = identifier()
    shop_id: UUID = Field(foreign_key="app.shops.id")
    photo_id: UUID | None = Field(foreign_key="app.photos.id", ondelete="SET NULL")
    reader: str = text()
    model: str | None = text()
    draft: dict[str, Any] = Field(sa_type=JSONB)
    confidence: dict[str, Any] = Field(sa_type=JSONB, sa_column_kwargs={"server_default": "{}"})
    remarks: list[str] = Field(sa_type=ARRAY(Text), sa_column_kwargs={"server_default": "{}"})
    begun_at: datetime = moment()
    drafted_at: datetime = moment()
    lot_id: UUID | None = Field(foreign_key="app.lots.id")
    published: dict[str, Any] | None = Field(sa_type=JSONB)
    published_at: datetime | None = moment()


class ModelCalls(Table, table=True):
    """The number of times that the model was asked for a shop on a day, where the shop is."""

    __tablename__ = "model_calls"

    shop_id: UUID = Field(primary_key=True, foreign_key="app.shops.id")
    day: date = Field(primary_key=True)
    calls: int
