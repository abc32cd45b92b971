"""Kiosks: shared tablets where people sign in with their cards."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, now, text


class Kiosk(Table, table=True):
    """A tablet of an association, identified by the hash of the secret that it keeps."""

    __tablename__ = "kiosks"
    __table_args__ = (
        Index("kiosks_association_id_idx", "association_id", "id"),
        Index("kiosks_registered_by_idx", "registered_by"),
    )

    id: UUID = identifier()
    name: str = text()
    # None if an admin registered it in former times; such kiosks are revoked.
    association_id: UUID | None = Field(default=None, foreign_key="app.associations.id")
    device_hash: bytes = Field(unique=True)
    registered_by: UUID = Field(foreign_key="app.accounts.id")
    created_at: datetime = now()
    revoked_at: datetime | None = moment()
    last_used_on: date | None
