"""Tables of collections, what is in them, and what happened to them."""

from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, Integer, Numeric
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, now, sql, text


class CollectionStatus(StrEnum):
    """How far a collection has come.

    requested → accepted → scheduled (in a tour) → taken → delivered → received; refused, cancelled or failed end it.
    One that is postponed, or leaves its tour, is accepted again.
    """

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    TAKEN = "taken"
    DELIVERED = "delivered"
    RECEIVED = "received"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Cold(StrEnum):
    """How cold food must be kept on the way."""

    NONE = "none"
    CHILLED = "chilled"
    FROZEN = "frozen"


class Carrier(StrEnum):
    """The kind of driver for a collection: volunteers below the volume of a setting, professionals above."""

    VOLUNTEER = "volunteer"
    PROFESSIONAL = "professional"


class Collection(Table, table=True):
    """A request to have food collected and brought to an association.

    `giver_id` is the association that gives, where no shop does. `association_id` is the one that receives: null until
    somebody decides.
    """

    __tablename__ = "collections"
    __table_args__ = (
        Index("collections_shop_id_idx", "shop_id", "id", postgresql_where=sql("shop_id is not null")),
        Index("collections_giver_id_idx", "giver_id", "id", postgresql_where=sql("giver_id is not null")),
        Index(
            "collections_association_id_idx",
            "association_id",
            "id",
            postgresql_where=sql("association_id is not null"),
        ),
        Index("collections_asked_by_idx", "asked_by", postgresql_where=sql("asked_by is not null")),
        Index("collections_decided_by_idx", "decided_by", postgresql_where=sql("decided_by is not null")),
        Index("collections_remainder_of_idx", "remainder_of", postgresql_where=sql("remainder_of is not null")),
        Index("collections_from_point_idx", "from_point", "id"),
        Index("collections_to_point_idx", "to_point", "id", postgresql_where=sql("to_point is not null")),
        Index(
            "collections_open_idx",
            "window_start",
            postgresql_where=sql("status in ('requested', 'accepted', 'scheduled', 'taken', 'delivered')"),
        ),
        Index("collections_status_idx", "status", "id"),
    )

    id: UUID = identifier()
    from_point: UUID = Field(foreign_key="app.collection_points.id")
    to_point: UUID | None = Field(foreign_key="app.collection_points.id")
    shop_id: UUID | None = Field(foreign_key="app.shops.id")
    giver_id: UUID | None = Field(foreign_key="app.associations.id")
    association_id: UUID | None = Field(foreign_key="app.associations.id")
    asked_how: str = text()
    asked_by: UUID | None = Field(foreign_key="app.accounts.id")
    remainder_of: UUID | None = Field(foreign_key="app.collections.id")
    status: str = text(sa_column_kwargs={"server_default": "requested"})
    window_start: datetime = moment()
    window_end: datetime = moment()
    grams: int = Field(sa_column_kwargs={"server_default": "0"})
    crates: int = Field(sa_column_kwargs={"server_default": "0"})
    portions: int = Field(sa_column_kwargs={"server_default": "0"})
    cold: str = text(sa_column_kwargs={"server_default": "none"})
    food_date_ends_at: datetime | None = moment()
    carrier: str = text(sa_column_kwargs={"server_default": "volunteer"})
    notes: str = text(sa_column_kwargs={"server_default": ""})
    reason: str | None = text()
    reason_code: str | None = text()
    decided_by: UUID | None = Field(foreign_key="app.accounts.id")
    version: int = Field(sa_column_kwargs={"server_default": "1"})
    created_at: datetime = now()
    changed_at: datetime = now()
    received_at: datetime | None = moment()
    received_degrees: Decimal | None = Field(default=None, sa_type=Numeric(4, 1))


class CollectionItem(Table, table=True):
    """One kind of food of a collection: what was offered, taken and accepted.

    `holds_stock`: its portions are out of the stock of its lot. `value_cents` is what all of it cost originally.
    `frozen_because`: why nobody may receive it, `cold_chain` or `recalled`.
    """

    __tablename__ = "collection_items"
    __table_args__ = (
        Index("collection_items_collection_id_idx", "collection_id"),
        Index("collection_items_lot_id_idx", "lot_id", postgresql_where=sql("lot_id is not null")),
        Index("collection_items_gtin_idx", "gtin", postgresql_where=sql("gtin is not null")),
        Index("collection_items_holding_idx", "collection_id", postgresql_where=sql("holds_stock")),
    )

    id: UUID = identifier()
    collection_id: UUID = Field(foreign_key="app.collections.id", ondelete="CASCADE")
    lot_id: UUID | None = Field(foreign_key="app.lots.id")
    title: str = text()
    category: str = text()
    grams: int | None
    crates: int | None
    portions: int | None
    date_kind: str = text()
    food_date: date | None
    food_date_ends_at: datetime | None = moment()
    batch: str | None = text()
    gtin: str | None = text()
    temperature_kind: str | None = text()
    value_cents: int | None
    cold: str = text(sa_column_kwargs={"server_default": "none"})
    holds_stock: bool = Field(sa_column=Column(Boolean, nullable=False, server_default="false"))
    taken_grams: int | None
    taken_crates: int | None
    taken_portions: int | None
    accepted_grams: int | None
    accepted_crates: int | None
    accepted_portions: int | None
    refused_because: str | None = text()
    left_grams: int | None
    left_crates: int | None
    left_portions: int | None
    frozen_because: str | None = text()
    frozen_at: datetime | None = moment()


class CollectionChange(Table, table=True):
    """Something that happened to a collection, with who did it; null: the program, or somebody without an account."""

    __tablename__ = "collection_changes"
    __table_args__ = (Index("collection_changes_collection_id_idx", "collection_id", "id"),)

    id: UUID = identifier()
    collection_id: UUID = Field(foreign_key="app.collections.id", ondelete="CASCADE")
    at: datetime = moment()
    by_account: UUID | None
    change: str = text()
    details: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": "{}"})


class CollectionLink(Table, table=True):
    """A link with which whoever has it asks for collections of a shop. Only the hash of its token is kept."""

    __tablename__ = "collection_links"
    __table_args__ = (
        Index("collection_links_token_hash_key", "token_hash", unique=True),
        Index("collection_links_shop_id_idx", "shop_id", "id"),
        Index("collection_links_created_by_idx", "created_by", postgresql_where=sql("created_by is not null")),
    )

    id: UUID = identifier()
    shop_id: UUID = Field(foreign_key="app.shops.id")
    name: str = text()
    token_hash: bytes
    created_by: UUID | None = Field(foreign_key="app.accounts.id")
    created_at: datetime = moment()
    revoked_at: datetime | None = moment()
    last_used_at: datetime | None = moment()


class CollectionLinkUse(Table, table=True):
    """A form that was sent with a link: sent again, it is the same request."""

    __tablename__ = "collection_link_uses"
    __table_args__ = (
        Index(
            "collection_link_uses_collection_id_idx",
            "collection_id",
            postgresql_where=sql("collection_id is not null"),
        ),
    )

    link_id: UUID = Field(primary_key=True, foreign_key="app.collection_links.id", ondelete="CASCADE")
    form: UUID = Field(primary_key=True)
    collection_id: UUID | None = Field(foreign_key="app.collections.id", ondelete="CASCADE")


class CollectionHabit(Table, table=True):
    """Whether what a shop could not hand out is offered for collection by itself, and when it can be taken."""

    __tablename__ = "collection_habits"

    shop_id: UUID = Field(primary_key=True, foreign_key="app.shops.id")
    active: bool = Field(sa_column=Column(Boolean, nullable=False, server_default="false"))
    opens: time
    closes: time
    notes: str = text(sa_column_kwargs={"server_default": ""})
    version: int = Field(sa_column_kwargs={"server_default": "1"})


class UnsoldLotAsked(Table, table=True):
    """A lot that the habit of its shop has looked at."""

    __tablename__ = "unsold_lots_asked"

    lot_id: UUID = Field(primary_key=True, foreign_key="app.lots.id", ondelete="CASCADE")
    at: datetime = moment()


class RecurringCollection(Table, table=True):
    """A request that comes back on the same weekdays; its items have `food_date_in_days` instead of `food_date`."""

    __tablename__ = "recurring_collections"
    __table_args__ = (
        Index("recurring_collections_shop_id_idx", "shop_id", "id"),
        Index(
            "recurring_collections_association_id_idx",
            "association_id",
            postgresql_where=sql("association_id is not null"),
        ),
        Index("recurring_collections_active_idx", "id", postgresql_where=sql("active")),
    )

    id: UUID = identifier()
    shop_id: UUID = Field(foreign_key="app.shops.id")
    association_id: UUID | None = Field(foreign_key="app.associations.id")
    weekdays: list[int] = Field(sa_type=ARRAY(Integer))
    opens: time
    closes: time
    items: list[dict[str, Any]] = Field(sa_type=JSONB)
    notes: str = text(sa_column_kwargs={"server_default": ""})
    first_day: date
    last_day: date | None
    active: bool = Field(sa_column=Column(Boolean, nullable=False, server_default="true"))
    last_problem: str | None = text()
    version: int = Field(sa_column_kwargs={"server_default": "1"})
    created_at: datetime = moment()


class RecurringCollectionDay(Table, table=True):
    """A day on which a recurring request does not come, or comes at other hours."""

    __tablename__ = "recurring_collection_days"

    series_id: UUID = Field(primary_key=True, foreign_key="app.recurring_collections.id", ondelete="CASCADE")
    day: date = Field(primary_key=True)
    skipped: bool = Field(sa_column=Column(Boolean, nullable=False, server_default="false"))
    opens: time | None
    closes: time | None


class CollectionOccurrence(Table, table=True):
    """The collection that a recurring request made of a day."""

    __tablename__ = "collection_occurrences"
    __table_args__ = (
        Index(
            "collection_occurrences_collection_id_idx",
            "collection_id",
            postgresql_where=sql("collection_id is not null"),
        ),
    )

    series_id: UUID = Field(primary_key=True, foreign_key="app.recurring_collections.id", ondelete="CASCADE")
    day: date = Field(primary_key=True)
    collection_id: UUID | None = Field(foreign_key="app.collections.id", ondelete="CASCADE")
