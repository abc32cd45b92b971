"""The table of recalls."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, now, text


class Recall(Table, table=True):
    """Recalled food: a trade number (GTIN) and one of its batches, or all of them. Append-only."""

    __tablename__ = "recalls"
    __table_args__ = (Index("recalls_gtin_idx", "gtin"), Index("recalls_issued_by_idx", "issued_by"))

    id: UUID = identifier()
    gtin: str = text()
    batch: str | None = text()
    reason: str = text()
    issued_by: UUID | None = Field(foreign_key="app.accounts.id")
    issued_at: datetime = now()
