"""The table of chat hooks."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from backend.database.columns import Index, identifier, moment, now, text
from backend.database.outgoing import KeepsAddress

SEALED_ADDRESS = "app.chat_hooks.sealed"


class ChatHook(KeepsAddress, table=True):
    """An address that messages are posted to, sealed; of an association, or of the platform (no association).

    Nothing but tests is posted once it is off.
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
    language: str = text()
    created_at: datetime = now()
    posted_at: datetime | None = moment()
