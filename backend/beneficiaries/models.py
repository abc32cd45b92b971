"""Beneficiaries: their code and right, kept apart from the person; imports, transfers and reminders."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, now, sql, text

# Deferred, because a person's hash is inserted before their account is.
_BENEFICIARY = ForeignKey("app.beneficiaries.id", ondelete="CASCADE", deferrable=True, initially="DEFERRED")


class Beneficiary(Table, table=True):
    """A beneficiary's code and right, without any name; the id is the account's."""

    __tablename__ = "beneficiaries"
    __table_args__ = (
        Index("beneficiaries_association_id_idx", "association_id", "id"),
        Index("beneficiaries_status_idx", "association_id", "status", "id"),
        Index("beneficiaries_ends_idx", "association_id", "eligible_until"),
        Index("beneficiaries_eligible_until_idx", "eligible_until"),
    )

    id: UUID = Field(primary_key=True, foreign_key="app.accounts.id")
    # None once the person is erased.
    code: str | None = text(unique=True)
    association_id: UUID | None = Field(default=None, foreign_key="app.associations.id")
    status: str = text(sa_column_kwargs={"server_default": "pending"})
    eligible_until: date
    created_at: datetime = now()
    version: int = Field(default=None, sa_column_kwargs={"server_default": "1"})
    transferred_at: datetime | None = moment()


class SpentCode(Table, table=True):
    """The code of an erased person, which nobody gets again."""

    __tablename__ = "spent_codes"

    code: str = text(primary_key=True)


class BeneficiaryPerson(Table, table=True):
    """A beneficiary's personal data, sealed, and a keyed hash of the identity, so that nobody is enrolled twice."""

    __tablename__ = "beneficiary_persons"
    __table_args__ = (
        UniqueConstraint("identity", "identity_rank", name="beneficiary_persons_identity_key"),
        Index("beneficiary_persons_identity_method_idx", "identity_method", "beneficiary_id"),
    )

    beneficiary_id: UUID = Field(primary_key=True, sa_column_args=[_BENEFICIARY])
    household_size: int | None
    sealed: bytes
    identity: bytes
    identity_method: int
    identity_rank: int = Field(default=None, sa_column_kwargs={"server_default": "0"})


class FreePortions(Table, table=True):
    """The number of free portions that an account reserved on a day: that of the association's zone."""

    __tablename__ = "free_portions"

    account_id: UUID = Field(primary_key=True, foreign_key="app.accounts.id")
    day: date = Field(primary_key=True)
    taken: int
    time_zone: str = text(sa_column_kwargs={"server_default": "Europe/Paris"})  # where the day was begun


class Import(Table, table=True):
    """The progress and the result of an import. The contents of the file are not stored."""

    __tablename__ = "imports"
    __table_args__ = (Index("imports_account_id_idx", "account_id", "id"),)

    id: UUID = identifier()
    account_id: UUID = Field(foreign_key="app.accounts.id")
    lines: int
    enrolled: int = Field(sa_column_kwargs={"server_default": "0"})
    already_enrolled: int = Field(sa_column_kwargs={"server_default": "0"})
    refused: int = Field(sa_column_kwargs={"server_default": "0"})
    status: str = text(sa_column_kwargs={"server_default": "running"})
    begun_at: datetime = moment()
    seen_at: datetime = moment()
    ended_at: datetime | None = moment(nullable=True)


class Transfer(Table, table=True):
    """The transfer of a beneficiary from one association to another, from the request on."""

    __tablename__ = "transfers"
    __table_args__ = (
        Index("transfers_pending_key", "beneficiary_id", unique=True, postgresql_where=sql("status = 'pending'")),
        Index("transfers_beneficiary_id_idx", "beneficiary_id", "id"),
        Index("transfers_from_association_id_idx", "from_association_id", "id"),
        Index("transfers_to_association_id_idx", "to_association_id", "id"),
        Index("transfers_asked_by_idx", "asked_by"),
    )

    id: UUID = identifier()
    beneficiary_id: UUID = Field(foreign_key="app.beneficiaries.id", ondelete="CASCADE")
    from_association_id: UUID | None = Field(foreign_key="app.associations.id")
    to_association_id: UUID = Field(foreign_key="app.associations.id")
    status: str = text(sa_column_kwargs={"server_default": "pending"})
    asked_by: UUID = Field(foreign_key="app.accounts.id")
    asked_at: datetime = moment()
    ended_at: datetime | None = moment(nullable=True)


class RightReminder(Table, table=True):
    """A reminder that was sent: one for each last day of a right and number of days before it."""

    __tablename__ = "right_reminders"

    beneficiary_id: UUID = Field(primary_key=True, foreign_key="app.beneficiaries.id", ondelete="CASCADE")
    right_ends: date = Field(primary_key=True)
    days_before: int = Field(primary_key=True)
    reminded_at: datetime = moment()
