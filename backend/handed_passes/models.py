"""Passes in a friend's hands."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from backend.database.columns import Table, now


class HandedPass(Table, table=True):
    """That whoever has a token may show a pass; only the token's hash is kept."""

    __tablename__ = "handed_passes"

    reservation_id: UUID = Field(primary_key=True, foreign_key="app.passes.reservation_id", ondelete="CASCADE")
    token_hash: bytes = Field(unique=True)
    handed_at: datetime = now()
