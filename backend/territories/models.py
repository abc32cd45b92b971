"""Tables of territories: public data, and the zones that admins draw."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, JSON, BigInteger, Column, Identity, Numeric, Text, UniqueConstraint
from sqlmodel import Field

from backend.database.columns import Index, Table, moment, sql, text


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
        Index("territories_latitude_idx", "latitude", "longitude", postgresql_where=sql("kind = 'commune'")),
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


class ShopSite(Table, table=True):
    """The commune of a shop, and its point, from a day on."""

    __tablename__ = "shop_sites"

    shop_id: UUID = Field(primary_key=True, foreign_key="app.shops.id")
    since: date = Field(primary_key=True)
    insee_code: str = text()
    latitude: float
    longitude: float


class MapChange(Table, table=True):
    """From a day on, what was one commune is another, or a part of it."""

    __tablename__ = "map_changes"
    __table_args__ = (Index("map_changes_new_idx", "new"),)

    old: str = text(primary_key=True)
    day: date = Field(primary_key=True)
    new: str = text(foreign_key="app.territories.code")


class ZoneShape(Table, table=True):
    """The shape of a zone from the first day of one month to that of another.

    shapes: polygons of longitude and latitude, as Postgres writes its core type. geojson: as it was drawn.
    """

    __tablename__ = "zone_shapes"
    __table_args__ = (Index("zone_shapes_commune_idx", "commune", "valid_from"),)

    code: str = text(primary_key=True, foreign_key="app.territories.code")
    commune: str = text(foreign_key="app.territories.code")
    valid_from: date = Field(primary_key=True)
    valid_until: date | None
    shapes: list[str] = Field(sa_type=ARRAY(Text))
    geojson: dict[str, Any] = Field(sa_type=JSON)
    drawn_at: datetime = moment()


class UnmetDay(Table, table=True):
    """How many people waited in a commune without an offer on one day, and how many searched and found nothing."""

    __tablename__ = "unmet_days"

    day: date = Field(primary_key=True)
    commune: str = text(primary_key=True)
    waiting: int = Field(sa_column_kwargs={"server_default": "0"})
    searches: int = Field(sa_column_kwargs={"server_default": "0"})


class Release(Table, table=True):
    """The figures of one day or month that were published at once. A correction is another release and says why."""

    __tablename__ = "releases"
    __table_args__ = (
        UniqueConstraint("corrects", name="releases_corrects_key"),
        Index("releases_period_key", "kind", "first_day", unique=True, postgresql_where=sql("corrects is null")),
        Index("releases_newest_idx", "kind", "first_day", "id"),
    )

    id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    kind: str = text()
    first_day: date
    last_day: date
    at: datetime = moment()
    method: str | None = text()
    corrects: int | None = Field(sa_type=BigInteger, foreign_key="app.releases.id")
    why: str | None = text()


class ReleasedFigure(Table, table=True):
    """The published figures of a territory: all categories together under '', or one of them.

    level: the kind of the territory. What was not told is null; a suppressed row tells unmet demand at most.
    """

    __tablename__ = "released_figures"
    __table_args__ = (
        Index("released_figures_code_idx", "code", "category", "release_id"),
        Index("released_figures_level_idx", "release_id", "level", "category"),
    )

    release_id: int = Field(sa_type=BigInteger, primary_key=True, foreign_key="app.releases.id")
    code: str = text(primary_key=True, foreign_key="app.territories.code")
    category: str = text(primary_key=True)
    kind: str = text()
    first_day: date
    level: str = text()
    suppressed: bool
    shops: int | None
    lots: int | None
    offered: int | None
    unsold: int | None
    collected: int | None
    given: int | None
    food_grams: int | None = Field(sa_type=BigInteger)
    meals: Decimal | None = Field(sa_type=Numeric(18, 3))
    co2e_grams: int | None = Field(sa_type=BigInteger)
    collections: int | None
    donated_grams: int | None = Field(sa_type=BigInteger)
    metres: int | None = Field(sa_type=BigInteger)
    people_helped: int | None
    value_saved_cents: int | None = Field(sa_type=BigInteger)
    recovered_by_shops_cents: int | None = Field(sa_type=BigInteger)
    waiting: int | None
    searches: int | None
