"""Response bodies for territories."""

from pydantic import Field

from backend.http.schemas import Out
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
