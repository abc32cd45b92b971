"""Beneficiaries: the code and the right, apart from the person."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlmodel import Field

from backend.columns import Index, Table, now, text

# People are claimed by their hash before their accounts are made.
_BENEFICIARY = ForeignKey("app.beneficiaries.id", ondelete="CASCADE", deferrable=True, initially="DEFERRED")


class Beneficiary(Table, table=True):
    """A code and a right until a day. No name stands here; the id is the account's."""

    __tablename__ = "beneficiaries"
    __table_args__ = (Index("beneficiaries_association_id_idx", "association_id", "id"),)

    id: UUID = Field(primary_key=True, foreign_key="app.accounts.id")
    code: str = text(unique=True)
    association_id: UUID | None = Field(default=None, foreign_key="app.associations.id")
    status: str = text(sa_column_kwargs={"server_default": "pending"})
    eligible_until: date
    created_at: datetime = now()


class BeneficiaryPerson(Table, table=True):
    """Who a beneficiary is, sealed; and a keyed hash of it, by which nobody is enrolled twice."""

    __tablename__ = "beneficiary_persons"

    beneficiary_id: UUID = Field(primary_key=True, sa_column_args=[_BENEFICIARY])
    household_size: int | None
    sealed: bytes
    identity: bytes = Field(unique=True)


class FreePortions(Table, table=True):
    """How many free portions an account took on a Paris day."""

    __tablename__ = "free_portions"

    account_id: UUID = Field(primary_key=True, foreign_key="app.accounts.id")
    day: date = Field(primary_key=True)
    taken: int
