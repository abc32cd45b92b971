"""Passes that were handed to somebody else."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from backend.database.columns import Table, now


class HandedPass(Table, table=True):
    """The permission to show a pass for whoever has a token. Only the token's hash is stored."""

    __tablename__ = "handed_passes"

    reservation_id: UUID = Field(primary_key=True, foreign_key="app.passes.reservation_id", ondelete="CASCADE")
    token_hash: bytes = Field(unique=True)
    handed_at: datetime = now()
