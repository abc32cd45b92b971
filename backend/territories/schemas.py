"""Request and response bodies for territories."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from backend.http.schemas import In, Out
from backend.shops.models import Category
from backend.territories.map import SOURCE, Kind


class TerritoryOut(Out):
    """A territory, and the codes of those in which it lies."""

    code: str = Field(
        description="The INSEE code of a commune or arrondissement, the SIREN of an EPCI, `DEP-67`, `REG-44`, `FR`, or"
        " the id of a zone.",
        examples=["67482"],
    )
    kind: Kind = Field(examples=["commune"])
    name: str = Field(examples=["Strasbourg"])
    population: int | None = Field(description="Null for a zone.", examples=[293771])
    region: str | None = Field(description="Null for one that lies in several.", examples=["REG-44"])
    department: str | None = Field(description="Null for one that lies in several.", examples=["DEP-67"])
    epci: str | None = Field(examples=["246700488"])
    commune: str | None = Field(description="Of an arrondissement or a zone.", examples=[None])
    latitude: float | None = Field(description="Of its centre, in degrees (WGS 84).", examples=[48.5713])
    longitude: float | None = Field(examples=[7.7675])


class TerritoriesFound(Out):
    """The territories that a question may mean, the most likely first."""

    data: list[TerritoryOut]
    source: str = Field(description="Where the data come from, under the Licence Ouverte 2.0.", examples=[SOURCE])


class Around(Out):
    """A territory in which another lies."""

    code: str = Field(examples=["DEP-67"])
    kind: Kind = Field(examples=["department"])
    name: str = Field(examples=["Bas-Rhin"])


class WholeTerritory(TerritoryOut):
    """A territory with those in which it lies."""

    within: list[Around] = Field(description="Those in which it lies, the smallest first.")
    parts: list[Kind] = Field(
        description="The kinds of territories into which it is divided, the largest first.", examples=[["zone"]]
    )
    source: str = Field(description="Where the data come from, under the Licence Ouverte 2.0.", examples=[SOURCE])


Position = Annotated[list[Annotated[float, Field(ge=-180, le=180)]], Field(min_length=2, max_length=2)]
Ring = Annotated[list[Position], Field(min_length=4, max_length=2_000)]


class PolygonIn(In):
    """A polygon by GeoJSON (RFC 7946), without holes."""

    type: Literal["Polygon"] = Field(examples=["Polygon"])
    coordinates: list[Ring] = Field(
        min_length=1,
        max_length=2,
        description="One ring of longitude and latitude, whose last point is the first.",
        examples=[[[[7.76, 48.56], [7.79, 48.56], [7.79, 48.58], [7.76, 48.58], [7.76, 48.56]]]],
    )

    def polygons(self) -> list[list[Ring]]:
        """Return the rings of each polygon."""
        return [self.coordinates]


class MultiPolygonIn(In):
    """Several polygons by GeoJSON (RFC 7946), without holes."""

    type: Literal["MultiPolygon"]
    coordinates: list[list[Ring]] = Field(min_length=1, max_length=50)

    def polygons(self) -> list[list[Ring]]:
        """Return the rings of each polygon."""
        return self.coordinates


class ZoneIn(In):
    """A zone to draw."""

    name: str = Field(min_length=1, max_length=200, examples=["Neudorf"])
    geometry: PolygonIn | MultiPolygonIn = Field(discriminator="type")


class ZonesIn(In):
    """All zones of a commune. What lies outside them is the rest of the commune."""

    zones: list[ZoneIn] = Field(max_length=50, description="None: the commune is not divided any more.")


class ZoneOut(Out):
    """A zone of a commune in some months."""

    code: str = Field(examples=["0198c1a2-0000-7000-8000-000000000001"])
    name: str = Field(examples=["Neudorf"])
    valid_from: date = Field(description="The first day of a month.", examples=["2026-12-01"])
    valid_until: date | None = Field(description="The first day on which it does not count any more.", examples=[None])
    geometry: dict[str, Any] = Field(
        description="GeoJSON.",
        examples=[
            {
                "type": "Polygon",
                "coordinates": [[[7.76, 48.56], [7.79, 48.56], [7.79, 48.58], [7.76, 48.58], [7.76, 48.56]]],
            }
        ],
    )


class ZonesOut(Out):
    """The zones of a commune, now and from the following month on."""

    commune: str = Field(examples=["67482"])
    zones: list[ZoneOut]


By = Literal["day", "month"]


class FiguresRow(Out):
    """The published figures of a territory in one day or month. Those of a suppressed row are missing."""

    code: str = Field(examples=["67482"])
    kind: Kind = Field(examples=["commune"])
    name: str = Field(examples=["Strasbourg"])
    since: date = Field(alias="from", examples=["2026-11-01"])
    until: date = Field(alias="to", examples=["2026-11-30"])
    published_at: AwareDatetime = Field(examples=["2026-12-01T01:12:00+01:00"])
    corrected_at: AwareDatetime | None = Field(
        description="When these figures replaced others, which were wrong.", examples=[None]
    )
    method: str | None = Field(description="That of the estimate of CO₂e.", examples=["ecopanier-2025"])
    suppressed: bool = Field(
        description="Whether they would tell about fewer than 11 people or 3 merchants, alone or by subtraction.",
        examples=[False],
    )
    shops: int | None = Field(None, description="With a lot that ended, a handover or a collection.", examples=[42])
    lots: int | None = Field(None, description="That ended in the period.", examples=[310])
    offered: int | None = Field(None, description="Portions of these lots.", examples=[1550])
    collected: int | None = Field(None, description="Portions handed over in the period.", examples=[1320])
    given: int | None = Field(
        None,
        description="Portions of `collected` that merchants gave; null if this alone would tell about too few.",
        examples=[400],
    )
    unsold: int | None = Field(None, description="Portions of `offered` that nobody collected.", examples=[120])
    food_kg: float | None = Field(None, description="Handed over or collected by associations.", examples=[812.5])
    meals: float | None = Field(None, examples=[1625.0])
    co2e_kg: float | None = Field(None, description="An estimate, less transport.", examples=[1462.5])
    collections: int | None = Field(None, description="Received by associations; null for a category.", examples=[18])
    donated_kg: float | None = Field(None, description="The part of `food_kg` that associations had.", examples=[152.5])
    km: float | None = Field(None, description="Driven for these collections; null for a category.", examples=[84.2])
    people_helped: int | None = Field(
        None, description="Who got free food for the first time, in whole groups of eleven. Months only.", examples=[55]
    )
    value_saved_cents: int | None = Field(None, description="At original prices. Months only.", examples=[1056000])
    saved_by_people_cents: int | None = Field(
        None, description="Null if this alone would tell about too few. Months only.", examples=[640000]
    )
    recovered_by_shops_cents: int | None = Field(
        None, description="Null if this alone would tell about too few. Months only.", examples=[416000]
    )
    waiting_unserved: int | None = Field(
        None,
        description="People who waited and were offered nothing, in whole groups of eleven a commune and day.",
        examples=[22],
    )
    searches_unserved: int | None = Field(
        None,
        description="People who searched and found nothing, in whole groups of eleven a commune and day.",
        examples=[11],
    )


class TerritoryFigures(Out):
    """The published figures of a territory, or of the territories of one kind within it."""

    code: str = Field(examples=["67482"])
    kind: Kind = Field(examples=["commune"])
    name: str = Field(examples=["Strasbourg"])
    by: By = Field(examples=["month"])
    since: date = Field(alias="from", examples=["2026-01-01"])
    until: date = Field(alias="to", examples=["2026-11-30"])
    category: str | None = Field(description="Null: all together.", examples=[None])
    parts: Kind | None = Field(description="The kind of the territories in `data`, if not this one.", examples=[None])
    data: list[FiguresRow] = Field(description="By period and code. What had no figures is not in it.")


class CategoryRow(Out):
    """The published figures of one category of food. Those of a suppressed row are null."""

    category: Category = Field(examples=["bakery"])
    suppressed: bool = Field(examples=[False])
    collected: int | None = Field(description="Portions handed over in the month.", examples=[1320])
    given: int | None = Field(description="Portions of `collected` that merchants gave.", examples=[400])
    food_kg: float | None = Field(examples=[812.5])
    meals: float | None = Field(examples=[1625.0])
    co2e_kg: float | None = Field(description="An estimate, less transport.", examples=[1462.5])


class CategoryFigures(Out):
    """The published figures of a territory in one month by category of food."""

    month: str = Field(examples=["2026-11"])
    data: list[CategoryRow]


class LiveFigures(Out):
    """The shops and lots on sale in a territory right now. Free lots are not counted."""

    at: AwareDatetime = Field(examples=["2026-11-29T18:00:00+01:00"])
    suppressed: bool = Field(description="Fewer than three merchants sell something.", examples=[False])
    shops: int | None = Field(None, description="With a discounted lot on offer.", examples=[12])
    lots: int | None = Field(None, examples=[20])
    portions: int | None = Field(None, description="That are left.", examples=[74])


class FieldOut(Out):
    """A column of the published figures."""

    name: str = Field(examples=["food_kg"])
    type: str = Field(examples=["number"])
    unit: str = Field(examples=["kg"])
    description: str = Field(examples=["Food handed over or collected by associations"])


class DictionaryOut(Out):
    """The meaning of the columns of published figures, and under which licence they may be used."""

    licence: str = Field(examples=["Licence Ouverte 2.0"])
    licence_url: str = Field(examples=["https://www.etalab.gouv.fr/licence-ouverte-open-licence"])
    source: str = Field(examples=["EcoPanier"])
    rules: list[str] = Field(description="How figures are made safe.", examples=[["Published figures do not change."]])
    fields: list[FieldOut]
