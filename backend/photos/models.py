"""The table of photos. The pictures themselves are files in the photo store."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, Column
from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, now, sql, text


class Photo(Table, table=True):
    """A photo that a merchant took. Its status is `coming` until its files are stored, then `kept`, then `going`."""

    __tablename__ = "photos"
    __table_args__ = (
        Index("photos_account_id_idx", "account_id", "id"),
        Index("photos_orphans_idx", "created_at", postgresql_where=sql("not used")),
    )

    id: UUID = identifier()
    account_id: UUID = Field(foreign_key="app.accounts.id")
    status: str = text(sa_column_kwargs={"server_default": "coming"})
    width: int | None
    height: int | None
    used: bool = Field(sa_column=Column(Boolean, nullable=False, server_default="false"))
    created_at: datetime = now()
