"""Tables of the versions of texts, and of who was asked to agree to which."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from backend.database.columns import Table, moment, text


class TextVersion(Table, table=True):
    """One version of a text, which is the current one from the day `since` until the next one begins."""

    __tablename__ = "text_versions"

    kind: str = text(primary_key=True)
    version: str = text(primary_key=True)
    since: date

    __table_args__ = (UniqueConstraint("kind", "since", name="text_versions_kind_since_key"),)


class TermsAsked(Table, table=True):
    """The first time that an account was asked to agree to a version of the terms."""

    __tablename__ = "terms_asked"

    account_id: UUID = Field(primary_key=True, foreign_key="app.accounts.id", ondelete="CASCADE")
    version: str = text(primary_key=True)
    asked_at: datetime = moment()
