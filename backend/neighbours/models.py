"""The tables of what shops regularly leave, of dismissed suggestions, and of shops that others invited."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, Column, UniqueConstraint
from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, sql, text


class ShopLeftover(Table, table=True):
    """The usual leftovers of a shop in a category on one day of the week (1 is Monday), counted each night."""

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


class ShopInvitation(Table, table=True):
    """An invitation of a shop by another, by mail (`lookup`, `sealed`) or as a link, and what became of it."""

    __tablename__ = "shop_invitations"
    __table_args__ = (
        UniqueConstraint("token_hash", name="shop_invitations_token_hash_key"),
        Index("shop_invitations_shop_id_idx", "shop_id", "created_at"),
        Index("shop_invitations_invited_by_idx", "invited_by", postgresql_where=sql("invited_by is not null")),
        Index("shop_invitations_lookup_idx", "lookup", postgresql_where=sql("lookup is not null")),
        Index("shop_invitations_account_id_idx", "account_id", postgresql_where=sql("account_id is not null")),
        Index(
            "shop_invitations_invited_shop_id_idx",
            "invited_shop_id",
            postgresql_where=sql("invited_shop_id is not null"),
        ),
        Index("shop_invitations_created_at_idx", "created_at"),
        Index("shop_invitations_ends_at_idx", "ends_at", postgresql_where=sql("token_hash is not null")),
    )

    id: UUID = identifier()
    shop_id: UUID = Field(foreign_key="app.shops.id", ondelete="CASCADE")
    invited_by: UUID | None = Field(foreign_key="app.accounts.id", ondelete="SET NULL")
    lookup: bytes | None
    sealed: bytes | None
    token_hash: bytes | None
    created_at: datetime = moment()
    ends_at: datetime = moment()
    mailed_at: datetime | None = moment()
    opened_at: datetime | None = moment()
    refused_at: datetime | None = moment()
    account_id: UUID | None = Field(foreign_key="app.accounts.id", ondelete="SET NULL")
    named: bool = Field(sa_column=Column(Boolean, nullable=False, server_default="false"))
    registered_at: datetime | None = moment()
    invited_shop_id: UUID | None = Field(foreign_key="app.shops.id", ondelete="SET NULL")
    verified_at: datetime | None = moment()
    first_lot_at: datetime | None = moment()


class RefusedInvitation(Table, table=True):
    """The keyed hash of an address that no shop may invite again."""

    __tablename__ = "refused_invitations"
    __table_args__ = (Index("refused_invitations_at_idx", "at"),)

    lookup: bytes = Field(primary_key=True)
    at: datetime = moment()
