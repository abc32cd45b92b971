"""The platform's parameters, admins' decisions, and collectors."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Column, Identity, Integer
from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, now, sql, text


class Setting(Table, table=True):
    """A figure of the platform that admins can change within its bounds."""

    __tablename__ = "settings"

    name: str = text(primary_key=True)
    value: int
    changed_at: datetime = now()
    kind: str = text()
    minimum: int
    maximum: int


class SettingChange(Table, table=True):
    """A change of a parameter: the old and the new value, by whom and when. Append-only."""

    __tablename__ = "setting_changes"
    __table_args__ = (Index("setting_changes_changed_by_idx", "changed_by"),)

    id: int = Field(sa_column=Column(Integer, Identity(), primary_key=True))
    name: str = text()
    old: int
    new: int
    changed_by: UUID = Field(foreign_key="app.accounts.id")
    changed_at: datetime = moment()


class Decision(Table, table=True):
    """An admin's decision about a shop, a lot, an association, a collector or an account, with its reason.

    Append-only.
    """

    __tablename__ = "decisions"
    __table_args__ = (
        Index("decisions_subject_id_idx", "subject_id", "id"),
        Index("decisions_decided_by_idx", "decided_by"),
        Index(
            "decisions_shops_verified_idx",
            "decided_at",
            postgresql_where=sql("subject = 'shop' and decision = 'verified'"),
        ),
    )

    id: UUID = identifier()
    subject: str = text()
    subject_id: UUID
    decision: str = text()
    reason: str | None = text()
    decided_by: UUID = Field(foreign_key="app.accounts.id")
    decided_at: datetime = now()


class Collector(Table, table=True):
    """A person who brings food from shops to associations; the id is the account's."""

    __tablename__ = "collectors"
    __table_args__ = (Index("collectors_status_idx", "status", "id"),)

    id: UUID = Field(primary_key=True, foreign_key="app.accounts.id")
    status: str = text(sa_column_kwargs={"server_default": "pending"})
    created_at: datetime = now()


class StandingCount(Table, table=True):
    """A change of how many accounts of a role, or shops, there are in a state; the number is the sum of the changes.

    kind: the role, or `shop`. came_on: the day in Paris on which they came.
    """

    __tablename__ = "standing_counts"

    id: UUID = identifier()
    kind: str = text()
    status: str = text()
    came_on: date
    change: int
