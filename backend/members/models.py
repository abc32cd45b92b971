"""The table of members of shops, associations and organisations."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, now, sql, text


class Member(Table, table=True):
    """A person who works for a shop, an association or an organisation. Without `account_id`: an invited address."""

    __tablename__ = "members"
    __table_args__ = (
        UniqueConstraint("token_hash", name="members_token_hash_key"),
        Index("members_shop_id_account_id_key", "shop_id", "account_id", unique=True),
        Index("members_shop_id_lookup_key", "shop_id", "lookup", unique=True),
        Index("members_association_id_account_id_key", "association_id", "account_id", unique=True),
        Index("members_association_id_lookup_key", "association_id", "lookup", unique=True),
        Index("members_organisation_id_account_id_key", "organisation_id", "account_id", unique=True),
        Index("members_organisation_id_lookup_key", "organisation_id", "lookup", unique=True),
        Index("members_account_id_idx", "account_id"),
        Index("members_invited_by_idx", "invited_by"),
        Index("members_ends_at_idx", "ends_at", postgresql_where=sql("account_id is null")),
    )

    id: UUID = identifier()
    shop_id: UUID | None = Field(foreign_key="app.shops.id", ondelete="CASCADE")
    association_id: UUID | None = Field(foreign_key="app.associations.id", ondelete="CASCADE")
    organisation_id: UUID | None = Field(foreign_key="app.organisations.id", ondelete="CASCADE")
    account_id: UUID | None = Field(foreign_key="app.accounts.id", ondelete="CASCADE")
    role: str = text()
    lookup: bytes | None
    sealed: bytes | None
    token_hash: bytes | None
    ends_at: datetime | None = moment()
    invited_by: UUID | None = Field(foreign_key="app.accounts.id", ondelete="SET NULL")
    created_at: datetime = now()
    joined_at: datetime | None = moment()
