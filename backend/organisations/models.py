"""The table of organisations."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from backend.database.columns import Index, Table, identifier, now, sql, text


class Organisation(Table, table=True):
    """A municipality, agglomeration or NGO: it has members, a territory, funds and API clients."""

    __tablename__ = "organisations"
    __table_args__ = (
        Index("organisations_siren_key", "siren", unique=True, postgresql_where=sql("status = 'active'")),
        Index("organisations_territory_code_idx", "territory_code"),
    )

    id: UUID = identifier()
    name: str = text()
    kind: str = text()
    siren: str = text()
    territory_code: str = text(foreign_key="app.territories.code")
    status: str = text(sa_column_kwargs={"server_default": "active"})
    version: int = Field(sa_column_kwargs={"server_default": "1"})
    created_at: datetime = now()
