"""The table of changes of e-mail addresses."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from backend.database.columns import Index, Table, moment, sql, text


class EmailChange(Table, table=True):
    """A change of an account's e-mail address: it waits for its confirmation, then its old address can take it back."""

    __tablename__ = "email_changes"
    __table_args__ = (
        Index("email_changes_account_id_idx", "account_id"),
        Index("email_changes_waiting_key", "account_id", unique=True, postgresql_where=sql("changed_at is null")),
        Index("email_changes_ends_at_idx", "ends_at"),
    )

    id: UUID = Field(primary_key=True)
    account_id: UUID = Field(foreign_key="app.accounts.id", ondelete="CASCADE", index=False)
    lookup: bytes
    sealed: bytes
    token_hash: bytes | None = Field(unique=True)
    code_hash: bytes | None
    code_ends_at: datetime | None = moment()
    revoke_hash: bytes = Field(unique=True)
    asked_at: datetime = moment()
    changed_at: datetime | None = moment()
    old_email: str | None = text()
    old_sealed: bytes | None
    old_lookup: bytes | None
    ends_at: datetime = moment()
