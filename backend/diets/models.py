"""Diets: the allergens that people avoid, sealed."""

from uuid import UUID

from sqlmodel import Field

from backend.database.columns import Table


class Diet(Table, table=True):
    """Somebody's diet, sealed with their data key. Nobody else learns that there is one."""

    __tablename__ = "diets"

    account_id: UUID = Field(foreign_key="app.accounts.id", primary_key=True)
    sealed: bytes
