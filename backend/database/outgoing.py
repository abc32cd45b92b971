"""Columns that tables of sealed texts and of addresses to post to share."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from backend.database.columns import Table, moment, text


class KeepsSealedText(Table):
    """Columns of a text that is sealed with a key of its own (backend/sealing/own_keys.py)."""

    key_id: UUID
    sealed: bytes
    wrapped: bytes
    master_key: str = text()


class KeepsAddress(KeepsSealedText):
    """Columns of a sealed address that messages are posted to, and of its failures.

    host, ends_with: what may be shown of the address. failures: in a row, since `failing_since`; `problem` is the last
    one's.
    """

    events: list[str] = Field(sa_type=ARRAY(Text))
    host: str = text()
    ends_with: str = text()
    failures: int = Field(sa_column_kwargs={"server_default": "0"})
    failing_since: datetime | None = moment()
    problem: str | None = text()
    off_at: datetime | None = moment()
