"""The table of calendars."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from backend.database.columns import Table, moment


class Calendar(Table, table=True):
    """The address of a collector's calendar. `left_tours`: those that they dropped out of, which stay as cancelled."""

    __tablename__ = "calendars"

    account_id: UUID = Field(primary_key=True, foreign_key="app.accounts.id", ondelete="CASCADE")
    token_hash: bytes = Field(unique=True)
    made_at: datetime = moment()
    left_tours: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=JSONB, sa_column_kwargs={"server_default": "[]"}
    )
