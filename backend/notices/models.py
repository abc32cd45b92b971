"""Notices, deliveries by mail, preferences, quiet hours, addresses refused for good, and what is still to be told."""

from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, sql, text


class Notice(Table, table=True):
    """One notice to one person: an event and the facts that its text says, in either language."""

    __tablename__ = "notices"
    __table_args__ = (
        Index("notices_once_key", "account_id", "event", "once", unique=True, postgresql_where=sql("once is not null")),
        Index("notices_account_id_idx", "account_id", "id"),
        Index("notices_unread_idx", "account_id", "id", postgresql_where=sql("read_at is null and in_app")),
        Index("notices_about_idx", "about", postgresql_where=sql("about is not null")),
        Index(
            "notices_codes_idx",
            sql("(facts -> 'codes')"),
            postgresql_using="gin",
            postgresql_where=sql("event = 'recall_to_pass_on'"),
        ),
    )

    id: UUID = identifier()
    account_id: UUID = Field(foreign_key="app.accounts.id")
    event: str = text()
    subject: UUID | None
    about: UUID | None = Field(foreign_key="app.accounts.id")
    once: str | None = text()
    facts: dict[str, Any] = Field(sa_type=JSONB)
    in_app: bool
    at: datetime = moment()
    read_at: datetime | None = moment()


class NoticeDelivery(Table, table=True):
    """The mail of a notice, or of what no notice says (`mail`): queued, sent or failed, and the server's code."""

    __tablename__ = "notice_deliveries"
    __table_args__ = (
        Index("notice_deliveries_once_key", "notice_id", "channel", "address", unique=True),
        Index("notice_deliveries_account_id_idx", "account_id"),
        Index("notice_deliveries_state_idx", "state", "id"),
        Index("notice_deliveries_failed_idx", "ended_at", postgresql_where=sql("state = 'failed'")),
        Index("notice_deliveries_subject_idx", "subject", postgresql_where=sql("subject is not null")),
    )

    id: UUID = identifier()
    notice_id: UUID | None = Field(foreign_key="app.notices.id", ondelete="CASCADE")
    account_id: UUID | None = Field(foreign_key="app.accounts.id")
    mail: str | None = text()
    subject: UUID | None
    channel: str = text()
    address: str = text(sa_column_kwargs={"server_default": "own"})
    state: str = text(sa_column_kwargs={"server_default": "queued"})
    smtp_code: int | None
    queued_at: datetime = moment()
    ended_at: datetime | None = moment()
    gathered_by: UUID | None
    gathered_at: datetime | None = moment()


class NoticePreference(Table, table=True):
    """Whether somebody wants an event on a channel, where that is not its default."""

    __tablename__ = "notice_preferences"

    account_id: UUID = Field(foreign_key="app.accounts.id", primary_key=True)
    event: str = text(primary_key=True)
    channel: str = text(primary_key=True)
    wanted: bool
    changed_at: datetime = moment()


class QuietHours(Table, table=True):
    """The hours in which somebody wants no mail about offers, if they chose them; both null for none."""

    __tablename__ = "quiet_hours"

    account_id: UUID = Field(foreign_key="app.accounts.id", primary_key=True)
    begins: time | None
    ends: time | None
    time_zone: str | None = text()
    changed_at: datetime = moment()


class RefusedAddress(Table, table=True):
    """An account whose address the mail server refuses for good."""

    __tablename__ = "refused_addresses"

    account_id: UUID = Field(foreign_key="app.accounts.id", primary_key=True, ondelete="CASCADE")
    smtp_code: int | None
    refused_at: datetime = moment()


class ReservationToTell(Table, table=True):
    """A confirmed reservation of which its shop is still to be told: at `at`, once its holder was told."""

    __tablename__ = "reservations_to_tell"
    __table_args__ = (Index("reservations_to_tell_at_idx", "at", postgresql_where=sql("holder_told")),)

    reservation_id: UUID = Field(primary_key=True)
    at: datetime = moment()
    holder_told: bool = Field(sa_column=Column(Boolean, nullable=False, server_default="false"))


class RemindedLot(Table, table=True):
    """A lot whose holders were reminded of the window."""

    __tablename__ = "reminded_lots"

    lot_id: UUID = Field(foreign_key="app.lots.id", primary_key=True, ondelete="CASCADE")
    reminded_at: datetime = moment()
