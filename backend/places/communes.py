"""The communes of France and the arrondissements of Paris, Lyon and Marseille, from `communes.csv.gz`.

Sources (Licence Ouverte 2.0): INSEE, Code officiel géographique 2026, as published by Etalab's decoupage-administratif
6.0.0; centres from La Poste's Base officielle des codes postaux. The columns are the INSEE code, the name, postcodes
separated by spaces, the municipal population, the SIREN of the EPCI, département, région, zone (`metro`, `drom` or
`com`), the parent of an arrondissement, latitude and longitude (WGS 84). 83 communes overseas have no centre of their
own there but one point for a whole territory, sometimes that of another: to us they have none.
"""

import csv
import gzip
from collections import Counter
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

SOURCE = "INSEE, Code officiel géographique 2026; La Poste, Base officielle des codes postaux"

FILE = Path(__file__).with_name("communes.csv.gz")


@dataclass(frozen=True)
class Commune:
    """A commune or an arrondissement that people live in."""

    insee_code: str
    name: str
    postcodes: tuple[str, ...]
    department: str
    population: int
    centre: tuple[float, float] | None
    """Latitude and longitude in degrees (WGS 84)."""
    has_arrondissements: bool


@cache
def insee_codes() -> frozenset[str]:
    """Return the code of every commune, uninhabited ones included."""
    lines = gzip.decompress(FILE.read_bytes()).decode().splitlines()[1:]
    return frozenset(line.partition(",")[0] for line in lines)


def codes_within(insee_code: str) -> list[str]:
    """Return the code of a commune with those of its arrondissements, if it has any."""
    return [insee_code, *_arrondissements().get(insee_code, ())]


@cache
def _arrondissements() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in csv.DictReader(gzip.decompress(FILE.read_bytes()).decode().splitlines()):
        if row["parent"]:
            found.setdefault(row["parent"], []).append(row["insee"])
    return found


def communes() -> list[Commune]:
    """Return all communes but the five territories that nobody lives in."""
    rows = list(csv.DictReader(gzip.decompress(FILE.read_bytes()).decode().splitlines()))
    rows = [row for row in rows if row["postcodes"]]
    parents = {row["parent"] for row in rows}
    centres = Counter((row["latitude"], row["longitude"]) for row in rows)
    return [
        Commune(
            insee_code=row["insee"],
            name=row["name"],
            postcodes=tuple(row["postcodes"].split()),
            department=row["departement"],
            population=int(row["population"] or 0),
            centre=(float(centre[0]), float(centre[1])) if centres[centre] == 1 else None,
            has_arrondissements=row["insee"] in parents,
        )
        for row in rows
        for centre in [(row["latitude"], row["longitude"])]
    ]


def edition() -> str:
    """Return what identifies the data and the way they are prepared: another text means that they must be loaded."""
    prepared = b"".join(Path(__file__).with_name(name).read_bytes() for name in ("communes.py", "names.py"))
    return sha256(FILE.read_bytes() + prepared).hexdigest()
