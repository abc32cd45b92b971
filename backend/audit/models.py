"""The audit log."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, text


class AuditEntry(Table, table=True):
    """An entry of the audit log: who did what, when and in which request. Append-only.

    It holds ids, counts and fixed words, and no personal data.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("audit_entries_actor_id_idx", "actor_id", "id"),
        Index("audit_entries_subject_id_idx", "subject_id", "id"),
        Index("audit_entries_subject_idx", "subject", "id"),
        Index("audit_entries_action_idx", "action", "id"),
        Index("audit_entries_at_idx", "at"),
    )

    id: UUID = identifier()
    at: datetime = moment()
    actor_id: UUID | None
    actor_role: str = text()
    action: str = text()
    subject: str = text()
    subject_id: UUID | None
    detail: dict[str, Any] | None = Field(sa_type=JSONB)
    request_id: str | None = text()
