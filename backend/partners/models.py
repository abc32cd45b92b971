"""Tables of mandates, batches of people, and the external ids by which programs know beneficiaries."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, now, sql, text


class Mandate(Table, table=True):
    """An association's leave for an API client to enrol people in its name, until `ended_at`."""

    __tablename__ = "mandates"
    __table_args__ = (
        Index(
            "mandates_in_force_key",
            "association_id",
            "client_id",
            unique=True,
            postgresql_where=sql("ended_at is null"),
        ),
        Index("mandates_client_id_idx", "client_id"),
        Index("mandates_association_id_idx", "association_id", "id"),
    )

    id: UUID = identifier()
    association_id: UUID = Field(foreign_key="app.associations.id")
    client_id: UUID = Field(foreign_key="app.api_clients.id")
    granted_by: UUID | None
    granted_at: datetime = now()
    ended_by: UUID | None
    ended_at: datetime | None = moment()


class PartnerBatch(Table, table=True):
    """People whom an API client sent together for an association. `elsewhere`: of whom the association alone hears."""

    __tablename__ = "partner_batches"
    __table_args__ = (
        Index("partner_batches_client_id_idx", "client_id", "id"),
        Index("partner_batches_association_id_idx", "association_id", "id"),
    )

    id: UUID = identifier()
    client_id: UUID = Field(foreign_key="app.api_clients.id")
    association_id: UUID = Field(foreign_key="app.associations.id")
    people: int
    status: str = text(sa_column_kwargs={"server_default": "queued"})
    elsewhere: int = Field(sa_column_kwargs={"server_default": "0"})
    created_at: datetime = now()
    ended_at: datetime | None = moment(nullable=True)


class PartnerPerson(Table, table=True):
    """A person of a batch: until there is an outcome with what is to be enrolled, sealed by the key beside it."""

    __tablename__ = "partner_people"
    __table_args__ = (
        UniqueConstraint("batch_id", "lookup", name="partner_people_lookup_key"),
        Index("partner_people_lookup_idx", "lookup"),
        {"schema": "key_vault"},
    )

    batch_id: UUID = Field(primary_key=True, foreign_key="app.partner_batches.id", ondelete="CASCADE")
    place: int = Field(primary_key=True)
    lookup: bytes
    sealed_external: bytes
    ends: bool
    outcome: str | None = text()
    errors: list[Any] | None = Field(sa_type=JSONB)
    account_id: UUID | None
    eligible_until: date | None
    household_size: int | None
    sealed: bytes | None
    identity: bytes | None
    former_identity: bytes | None
    identity_method: int | None
    wrapped: bytes | None
    master_key: str | None = text()
    activation_hash: bytes | None


class PartnerEnrolment(Table, table=True):
    """The external id by which a program knows a beneficiary; without one if they are enrolled elsewhere."""

    __tablename__ = "partner_enrolments"
    __table_args__ = (
        UniqueConstraint("lookup", name="partner_enrolments_lookup_key"),
        Index(
            "partner_enrolments_beneficiary_id_idx",
            "beneficiary_id",
            postgresql_where=sql("beneficiary_id is not null"),
        ),
        Index(
            "partner_enrolments_elsewhere_idx", "association_id", "id", postgresql_where=sql("beneficiary_id is null")
        ),
        Index("partner_enrolments_association_id_idx", "association_id"),
        Index("partner_enrolments_client_id_idx", "client_id"),
        {"schema": "key_vault"},
    )

    id: UUID = identifier()
    lookup: bytes
    association_id: UUID = Field(foreign_key="app.associations.id")
    client_id: UUID = Field(foreign_key="app.api_clients.id")
    beneficiary_id: UUID | None = Field(foreign_key="app.beneficiaries.id", ondelete="CASCADE")
    sealed_external: bytes
    seen_at: datetime = moment()
