"""The table of lots, and the words for their fields."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, Text
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlmodel import Field

from backend.database.columns import Index, Point, Table, identifier, moment, now, sql, text


class Kind(StrEnum):
    """The kind of a lot: discounted for everybody, or free for verified beneficiaries."""

    DISCOUNTED = "discounted"
    FREE = "free"


class DateKind(StrEnum):
    """The legal date that the food carries, if any."""

    USE_BY = "use_by"
    BEST_BEFORE = "best_before"
    NONE = "none"


class Allergen(StrEnum):
    """The 14 allergens of annex II of regulation (EU) 1169/2011."""

    GLUTEN = "gluten"
    CRUSTACEANS = "crustaceans"
    EGGS = "eggs"
    FISH = "fish"
    PEANUTS = "peanuts"
    SOYBEANS = "soybeans"
    MILK = "milk"
    NUTS = "nuts"
    CELERY = "celery"
    MUSTARD = "mustard"
    SESAME = "sesame"
    SULPHITES = "sulphites"
    LUPIN = "lupin"
    MOLLUSCS = "molluscs"


class ReductionGround(StrEnum):
    """Why a lot is cheaper or free."""

    SHORT_DATE = "short_date"
    UNSOLD_TODAY = "unsold_today"
    SURPLUS = "surplus"
    DAMAGED_PACK = "damaged_pack"


PUBLISHED = sql("status = 'published'")


class Lot(Table, table=True):
    """A quantity of one offer of unsold food, with a pickup window."""

    __tablename__ = "lots"
    __table_args__ = (
        Index("lots_shop_id_idx", "shop_id", "id"),
        Index("lots_pickup_start_idx", "pickup_start", postgresql_where=PUBLISHED),
        Index("lots_shop_id_pickup_end_idx", "shop_id", "pickup_end"),
        Index(
            "lots_closed_idx",
            "pickup_end",
            postgresql_where=sql("status in ('ended', 'withdrawn', 'recalled') and suspended_from is null"),
        ),
        Index("lots_on_offer_idx", "shop_id", "id", postgresql_where=PUBLISHED),
        Index("lots_near_idx", "shelf", postgresql_using="gist", postgresql_where=PUBLISHED),
        Index("lots_near_in_category_idx", "category_shelf", postgresql_using="gist", postgresql_where=PUBLISHED),
        Index("lots_words_idx", "words", postgresql_using="gin", postgresql_where=PUBLISHED),
        Index(
            "lots_words_off_idx",
            "words",
            postgresql_using="gin",
            postgresql_where=sql("status in ('paused', 'ended', 'withdrawn', 'recalled')"),
        ),
        Index(
            "lots_stopped_idx",
            "status",
            "id",
            postgresql_where=sql("status in ('paused', 'withdrawn', 'recalled')"),
        ),
        Index("lots_pickup_end_idx", "pickup_end", postgresql_where=sql("status in ('published', 'paused')")),
        Index("lots_photo_id_idx", "photo_id", postgresql_where=sql("photo_id is not null")),
        Index("lots_gtin_idx", "gtin", postgresql_where=sql("gtin is not null")),
        Index(
            "lots_recurring_key",
            "recurring_id",
            "recurring_day",
            unique=True,
            postgresql_where=sql("recurring_id is not null"),
        ),
        Index(
            "lots_suspended_from_key",
            "suspended_from",
            unique=True,
            postgresql_where=sql("suspended_from is not null"),
        ),
        Index(
            "lots_becoming_free_idx",
            "becomes_free_at",
            postgresql_where=sql("status = 'published' and kind = 'discounted' and becomes_free_at is not null"),
        ),
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
    pickup_start: datetime = moment()
    pickup_end: datetime = moment()
    date_kind: str = text()
    food_date: date | None
    allergens: list[str] = Field(sa_type=ARRAY(Text), sa_column_kwargs={"server_default": "{}"})
    cold_chain: bool = Field(sa_column=Column(Boolean, nullable=False, server_default="false"))
    weight_grams: int | None
    co2e_grams: int = Field(default=None, sa_type=BigInteger)  # of one portion; a trigger keeps it
    status: str = text(sa_column_kwargs={"server_default": "draft"})
    place: str = Field(default=None, sa_type=Point)
    shelf: str = Field(default=None, sa_type=Point)
    category_shelf: str = Field(default=None, sa_type=Point)
    words: str = Field(default=None, sa_type=TSVECTOR)
    version: int = Field(sa_column_kwargs={"server_default": "1"})
    created_at: datetime = now()
    published_at: datetime | None = moment()
    photo_id: UUID | None = Field(foreign_key="app.photos.id")
    gtin: str | None = text()
    batch: str | None = text()
    becomes_free_at: datetime | None = moment()
    converted_at: datetime | None = moment()
    price_before_free_cents: int | None  # set at the conversion
    recurring_id: UUID | None = Field(foreign_key="app.recurring_listings.id")
    recurring_day: date | None
    fair_draw: bool = Field(sa_column=Column(Boolean, nullable=False, server_default="false"))
    suspended_from: UUID | None = Field(foreign_key="app.lots.id")
    given_price_cents: int = Field(sa_column_kwargs={"server_default": "0"})
    origin: str | None = text()
    reduction_ground: str | None = text()
    food_date_ends_at: datetime | None = moment()  # where the shop is; kept by triggers


class LotCard(Table, table=True):
    """The beginning of the JSON that a search shows of a published discounted lot. Triggers keep it."""

    __tablename__ = "lot_cards"

    lot_id: UUID = Field(primary_key=True, foreign_key="app.lots.id", ondelete="CASCADE")
    facts: str = text()


class LotStock(Table, table=True):
    """The stock of a lot, with the columns that a search without rarer filters reads.

    Each reservation writes here, and each such search reads here, so it is a narrow row of its own.
    """

    __tablename__ = "lot_stock"
    __table_args__ = (
        Index("lot_stock_near_idx", "shelf", postgresql_using="gist", postgresql_where=sql("published")),
        Index(
            "lot_stock_near_in_category_idx",
            "category_shelf",
            postgresql_using="gist",
            postgresql_where=sql("published"),
        ),
    )

    lot_id: UUID = Field(primary_key=True, foreign_key="app.lots.id")
    quantity: int  # the lot's; a trigger keeps it equal
    remaining: int
    # What follows is the lot's; triggers keep it equal.
    shelf: str = Field(sa_type=Point)
    category_shelf: str = Field(sa_type=Point)
    pickup_end: datetime = moment()
    best_before_ends: datetime | None = moment()
    published: bool
