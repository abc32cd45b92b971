"""Tables of territories: public data, and the zones that admins draw."""

from sqlalchemy import Column, Text
from sqlmodel import Field

from backend.database.columns import Index, Table, sql, text


class Territory(Table, table=True):
    """France, a région, a département, an EPCI, a commune, an arrondissement or a zone, and the territories around it.

    code: the INSEE code of a commune or an arrondissement, the SIREN of an EPCI, `DEP-67`, `REG-44`, `FR`, or the UUID
    of a zone. `region`, `department`, `epci` and `commune` are codes of the same kind.
    """

    __tablename__ = "territories"
    __table_args__ = (
        Index("territories_region_idx", "region", "kind"),
        Index("territories_department_idx", "department", "kind"),
        Index("territories_epci_idx", "epci", "kind", postgresql_where=sql("epci is not null")),
        Index("territories_commune_idx", "commune", postgresql_where=sql("commune is not null")),
    )

    code: str = text(primary_key=True)
    kind: str = text()
    name: str = text()
    population: int | None
    region: str | None = text()
    department: str | None = text()
    epci: str | None = text()
    commune: str | None = text()
    latitude: float | None = Field(default=None)
    longitude: float | None = Field(default=None)


class TerritoryName(Table, table=True):
    """A key that finds a territory, as `PlaceName` is one that finds a place."""

    __tablename__ = "territory_names"
    __table_args__ = (Index("territory_names_code_idx", "code"),)

    key: str = Field(sa_column=Column(Text(collation="C"), primary_key=True))
    code: str = text(primary_key=True, foreign_key="app.territories.code")
    begins: bool
    population: int
