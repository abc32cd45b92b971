"""The cards with which beneficiaries sign in at a kiosk."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, moment, now, sql, text


class Card(Table, table=True):
    """A card, known by the hash of its secret. Only this table says whose it is, so a lost card reveals nobody."""

    __tablename__ = "cards"
    __table_args__ = (
        Index("cards_active_key", "beneficiary_id", unique=True, postgresql_where=sql("status = 'active'")),
        Index("cards_beneficiary_id_idx", "beneficiary_id", "id"),
    )

    id: UUID = identifier()
    beneficiary_id: UUID = Field(foreign_key="app.beneficiaries.id", ondelete="CASCADE")
    secret_hash: bytes = Field(unique=True)
    status: str = text(sa_column_kwargs={"server_default": "active"})
    made_at: datetime = now()
    revoked_at: datetime | None = moment()
    # Whether somebody has signed in with it.
    used: bool = Field(default=None, sa_column_kwargs={"server_default": "false"})
