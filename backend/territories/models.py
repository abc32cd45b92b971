"""The table of territories: public data, and the zones that admins draw."""

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
