"""The map of France: every territory but zones, from the files of the communes, EPCI, départements and régions.

Sources (Licence Ouverte 2.0): INSEE, Code officiel géographique 2026, and the DGCL's list of EPCI, as published by
Etalab's decoupage-administratif 6.0.0. `epci.csv` has SIREN, name, type (CC, CA, CU, METRO or MET69) and population;
`departements.csv` code, name, région and zone; `regions.csv` code, name and zone. Overseas collectivities are
départements and régions of their own here, with one code for both, so that every commune has one of each.
"""

import csv
import gzip
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Literal

from backend.places.communes import FILE, communes
from backend.places.names import keys_of, keys_of_name

SOURCE = "INSEE, Code officiel géographique 2026; DGCL, liste des EPCI"

Kind = Literal["country", "region", "department", "epci", "commune", "arrondissement", "zone"]

FRANCE = "FR"

_FOLDER = Path(__file__).parent
_FILES = ("epci.csv", "departements.csv", "regions.csv")


@dataclass(frozen=True)
class OnTheMap:
    """A territory with the codes of those in which it lies, and the keys under which people find it."""

    code: str
    kind: Kind
    name: str
    population: int
    region: str | None = None
    department: str | None = None
    epci: str | None = None
    commune: str | None = None
    centre: tuple[float, float] | None = None
    """Latitude and longitude in degrees (WGS 84)."""
    keys: tuple[tuple[str, bool], ...] = ()
    """Each with whether people begin its name so, as `keys_of` writes them."""


def territories() -> list[OnTheMap]:
    """Return France, its régions, départements, EPCI, communes and arrondissements, containing ones first.

    The population of what has none of its own in the files is the sum of its communes. The centre of what has none is
    the centre of its communes, weighed by their population. An EPCI in several départements lies in none of them, and
    one in several régions in none of these.
    """
    found = _communes()
    own = [one for one in found if one.kind == "commune"]
    regions = [
        OnTheMap(f"REG-{row['code']}", "region", row["name"], 0, keys=_keys(row["name"]))
        for row in _rows("regions.csv")
    ]
    departments = [
        OnTheMap(
            f"DEP-{row['code']}",
            "department",
            row["name"],
            0,
            region=f"REG-{row['region']}",
            keys=_keys(row["name"], row["code"]),
        )
        for row in _rows("departements.csv")
    ]
    parts: dict[str | None, list[OnTheMap]] = {}
    for one in own:
        for code in (FRANCE, one.region, one.department, one.epci):
            parts.setdefault(code, []).append(one)
    epci = [
        OnTheMap(
            row["siren"],
            "epci",
            row["name"],
            int(row["population"] or 0),
            region=_only({one.region for one in parts.get(row["siren"], ())}),
            department=_only({one.department for one in parts.get(row["siren"], ())}),
            keys=_keys(row["name"], row["siren"]),
        )
        for row in _rows("epci.csv")
    ]
    france = OnTheMap(FRANCE, "country", "France", 0, keys=_keys("France"))
    around = [_summed(one, parts.get(one.code, [])) for one in (france, *regions, *departments, *epci)]
    return [*around, *own, *(one for one in found if one.kind == "arrondissement")]


def edition() -> str:
    """Return what identifies the data and the way they are prepared: another text means that they must be loaded."""
    files = (_FOLDER / name for name in (*_FILES, "map.py", "../places/communes.py", "../places/names.py"))
    return sha256(FILE.read_bytes() + b"".join(file.read_bytes() for file in files)).hexdigest()


def _communes() -> list[OnTheMap]:
    inhabited = {one.insee_code: one for one in communes()}
    found = []
    for row in csv.DictReader(gzip.decompress(FILE.read_bytes()).decode().splitlines()):
        place = inhabited.get(row["insee"])
        found.append(
            OnTheMap(
                row["insee"],
                "arrondissement" if row["parent"] else "commune",
                row["name"],
                int(row["population"] or 0),
                region=f"REG-{row['region']}",
                department=f"DEP-{row['departement']}",
                epci=row["epci_siren"] or None,
                commune=row["parent"] or None,
                centre=place.centre if place else None,
                keys=tuple(keys_of(place).items()) if place else _keys(row["name"], row["insee"]),
            )
        )
    return found


def _rows(name: str) -> list[dict[str, str]]:
    with (_FOLDER / name).open(newline="") as file:
        return list(csv.DictReader(file))


def _keys(name: str, code: str | None = None) -> tuple[tuple[str, bool], ...]:
    keys = keys_of_name(name)
    if code is not None:
        keys.setdefault(code.lower(), False)
    return tuple(keys.items())


def _only(codes: set[str | None]) -> str | None:
    return codes.pop() if len(codes) == 1 else None


def _summed(whole: OnTheMap, parts: list[OnTheMap]) -> OnTheMap:
    population = sum(one.population for one in parts)
    located = [(one.centre, max(one.population, 1)) for one in parts if one.centre is not None]
    weight = sum(heavy for _, heavy in located)
    centre = None
    if weight:
        centre = (
            round(sum(at[0] * heavy for at, heavy in located) / weight, 4),
            round(sum(at[1] * heavy for at, heavy in located) / weight, 4),
        )
    return replace(whole, population=whole.population or population, centre=centre)
