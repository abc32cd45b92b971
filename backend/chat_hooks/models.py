"""The table of chat hooks."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, now, text


class ChatHook(Table, table=True):
    """An address that messages are posted to, sealed; of an association, or of the platform (no association).

    failures: in a row, since `failing_since`; `problem` is the last one's. Nothing but tests is posted once it is off.
    """

    __tablename__ = "chat_hooks"
    __table_args__ = (
        UniqueConstraint("key_id", name="chat_hooks_key_id_key"),
        Index("chat_hooks_association_id_idx", "association_id", "id"),
        Index("chat_hooks_master_key_idx", "master_key", "key_id"),
    )

    id: UUID = identifier()
    association_id: UUID | None = Field(foreign_key="app.associations.id", ondelete="CASCADE")
    name: str = text()
    kind: str = text()
    events: list[str] = Field(sa_type=ARRAY(Text))
    language: str = text()
    host: str = text()
    ends_with: str = text()
    key_id: UUID
    sealed: bytes
    wrapped: bytes
    master_key: str = text()
    created_at: datetime = now()
    posted_at: datetime | None = moment()
    failures: int = Field(sa_column_kwargs={"server_default": "0"})
    failing_since: datetime | None = moment()
    problem: str | None = text()
    off_at: datetime | None = moment()
