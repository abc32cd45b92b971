"""Tables of recurring listings and of the days on which they differ."""

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import Boolean, Column, Integer, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, now, sql, text


class RecurringListing(Table, table=True):
    """A lot that a shop publishes on the same weekdays at the same time. Times of day are the shop's."""

    __tablename__ = "recurring_listings"
    __table_args__ = (
        Index("recurring_listings_shop_id_idx", "shop_id", "id"),
        Index("recurring_listings_photo_id_idx", "photo_id", postgresql_where=sql("photo_id is not null")),
        Index("recurring_listings_due_at_idx", "due_at", postgresql_where=sql("active")),
    )

    id: UUID = identifier()
    shop_id: UUID = Field(foreign_key="app.shops.id")
    title: str = text()
    description: str = text(sa_column_kwargs={"server_default": ""})
    category: str = text()
    kind: str = text()
    original_price_cents: int
    price_cents: int
    quantity: int
    weekdays: list[int] = Field(sa_type=ARRAY(Integer))
    publish_at: time
    pickup_from: time
    pickup_until: time
    date_kind: str = text()
    food_date_in_days: int | None
    allergens: list[str] = Field(sa_type=ARRAY(Text), sa_column_kwargs={"server_default": "{}"})
    cold_chain: bool = Field(sa_column=Column(Boolean, nullable=False, server_default="false"))
    weight_grams: int | None
    photo_id: UUID | None = Field(foreign_key="app.photos.id")
    gtin: str | None = text()
    becomes_free_minutes: int | None
    origin: str | None = text()
    reduction_ground: str | None = text()
    active: bool = Field(sa_column=Column(Boolean, nullable=False, server_default="true"))
    due_at: datetime = moment(default=None)
    last_problem: str | None = text()
    last_problem_day: date | None
    version: int = Field(sa_column_kwargs={"server_default": "1"})
    created_at: datetime = now()


class RecurringDay(Table, table=True):
    """A day on which a recurring listing publishes nothing, or with another quantity, price or pickup window."""

    __tablename__ = "recurring_days"

    listing_id: UUID = Field(primary_key=True, foreign_key="app.recurring_listings.id")
    day: date = Field(primary_key=True)
    skipped: bool = Field(sa_column=Column(Boolean, nullable=False, server_default="false"))
    quantity: int | None
    price_cents: int | None
    pickup_from: time | None
    pickup_until: time | None
