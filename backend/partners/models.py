"""The table of mandates."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, now, sql


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
