"""The table of pickup stations."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, now, sql, text


class Station(Table, table=True):
    """A device at a shop's counter: with a pairing code, then with the hash of its token, and at last revoked."""

    __tablename__ = "stations"
    __table_args__ = (
        UniqueConstraint("code_hash", name="stations_code_hash_key"),
        UniqueConstraint("token_hash", name="stations_token_hash_key"),
        Index("stations_shop_id_idx", "shop_id", "id"),
        Index("stations_created_by_idx", "created_by"),
        Index("stations_code_ends_at_idx", "code_ends_at", postgresql_where=sql("code_ends_at is not null")),
        Index("stations_revoked_at_idx", "revoked_at", postgresql_where=sql("revoked_at is not null")),
    )

    id: UUID = identifier()
    shop_id: UUID = Field(foreign_key="app.shops.id", ondelete="CASCADE")
    name: str = text()
    created_by: UUID | None = Field(foreign_key="app.accounts.id", ondelete="SET NULL")
    created_at: datetime = now()
    code_hash: bytes | None
    code_ends_at: datetime | None = moment()
    token_hash: bytes | None
    paired_at: datetime | None = moment()
    revoked_at: datetime | None = moment()
