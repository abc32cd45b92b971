"""Tables of the places where a search can start. They hold public data, loaded by `ecopanier places load`."""

from sqlalchemy import ARRAY, Column, Text
from sqlmodel import Field

from backend.database.columns import Table, text


class Place(Table, table=True):
    """A commune or an arrondissement, with its centre if that is known."""

    __tablename__ = "places"

    insee_code: str = text(primary_key=True)
    name: str = text()
    postcodes: list[str] = Field(sa_type=ARRAY(Text))
    department: str = text()
    population: int
    latitude: float | None
    longitude: float | None


class PlaceName(Table, table=True):
    """A key that finds a place. Population and area are repeated here, so that ranking reads this table alone."""

    __tablename__ = "place_names"

    key: str = Field(sa_column=Column(Text(collation="C"), primary_key=True))
    insee_code: str = text(primary_key=True)
    begins: bool
    population: int
    area: str = text()
