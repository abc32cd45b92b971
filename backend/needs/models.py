"""The table of what associations take."""

from datetime import time
from uuid import UUID

from sqlalchemy import Boolean, Column, Integer, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from backend.database.columns import Table, text


class AssociationNeeds(Table, table=True):
    """The needs of an association: categories, days (1 is Monday), hours, grams a day, and from how far."""

    __tablename__ = "association_needs"

    association_id: UUID = Field(primary_key=True, foreign_key="app.associations.id", ondelete="CASCADE")
    takes: list[str] = Field(sa_type=ARRAY(Text))
    lacks: list[str] = Field(sa_type=ARRAY(Text), sa_column_kwargs={"server_default": "{}"})
    weekdays: list[int] = Field(sa_type=ARRAY(Integer))
    opens: time
    closes: time
    grams_a_day: int
    cold_grams_a_day: int = Field(sa_column_kwargs={"server_default": "0"})
    frozen: bool = Field(sa_column=Column(Boolean, nullable=False, server_default="false"))
    farthest_metres: int
    decides: str = text(sa_column_kwargs={"server_default": "person"})
    version: int = Field(sa_column_kwargs={"server_default": "1"})
