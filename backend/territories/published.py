"""The published figures of territories as JSON, CSV and GeoJSON, and what their columns mean."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from backend.api_clients.calling import PersonOrClient
from backend.database.acts import Acts
from backend.files.csv_writer import cell
from backend.shops.models import Category
from backend.territories.problems import FiguresPeriodInvalid, PartsUnknown, TerritoryNotFound, TerritoryNotYours
from backend.territories.schemas import By, DictionaryOut, FieldOut

MOST_PERIODS = {"day": 400, "month": 120}
FIRST_YEAR = 2020

VISITOR = PersonOrClient()

LICENCE = "Licence Ouverte 2.0"
LICENCE_URL = "https://www.etalab.gouv.fr/licence-ouverte-open-licence"

BELOW = {
    "country": "region",
    "region": "department",
    "department": "commune",
    "epci": "commune",
    "commune": "zone",
}
"""The parts of a territory that its map shows, by its kind."""

DICTIONARY: dict[str, tuple[str, str, str]] = {
    "code": (
        "string",
        "",
        "INSEE code of a commune or arrondissement, SIREN of an EPCI, DEP-67, REG-44, FR, or a zone's id",
    ),
    "kind": ("string", "", "country, region, department, epci, commune, arrondissement or zone"),
    "name": ("string", "", "Name of the territory"),
    "from": ("date", "", "First day of the period, in Paris"),
    "to": ("date", "", "Last day of the period"),
    "published_at": ("datetime", "", "When these figures were published; they do not change afterwards"),
    "corrected_at": ("datetime", "", "When they replaced others that were wrong; empty: never"),
    "method": ("string", "", "Method of the estimate of CO₂e; GET /v1/impact/method describes it"),
    "suppressed": ("boolean", "", "true: left out, because it would tell about fewer than 11 people or 3 merchants"),
    "shops": ("integer", "shops", "Shops with a lot that ended, a handover or a collection"),
    "lots": (
        "integer",
        "lots",
        "Lots that ended in the period; a withdrawn lot counts with what had been collected of it",
    ),
    "offered": ("integer", "portions", "Portions of these lots"),
    "collected": ("integer", "portions", "Portions handed over in the period"),
    "given": ("integer", "portions", "Those of `collected` that merchants gave; empty: would tell about too few"),
    "unsold": ("integer", "portions", "Those of `offered` that nobody collected"),
    "food_kg": ("number", "kg", "Food handed over or collected by associations"),
    "meals": ("number", "meals", "Food by the weight of a meal"),
    "co2e_kg": ("number", "kg CO₂e", "Estimated emissions avoided, less those of transport"),
    "collections": ("integer", "collections", "Collections that associations received; for all categories only"),
    "donated_kg": ("number", "kg", "The part of `food_kg` that associations had"),
    "km": ("number", "km", "Driven for these collections; for all categories only"),
    "people_helped": (
        "integer",
        "people",
        "Who got free food for the first time, in whole groups of eleven; months only",
    ),
    "value_saved_cents": ("integer", "euro cents", "Original price of what was put to use; months only"),
    "saved_by_people_cents": ("integer", "euro cents", "What people did not pay of it; months only"),
    "recovered_by_shops_cents": ("integer", "euro cents", "What shops got for it; months only"),
    "waiting_unserved": (
        "integer",
        "people",
        "Who waited for a portion and were offered none, in whole groups of eleven a commune and day",
    ),
    "searches_unserved": (
        "integer",
        "people",
        "Who searched and found nothing, in whole groups of eleven a commune and day",
    ),
}

RULES = (
    "Each published figure is a sum of groups of handovers with at least 11 people and 3 merchants, none of whom has"
    " more than 85 % of the group, so that no subtraction of published figures tells about fewer.",
    "Quantities are published by day, an hour after midnight in Paris; people and value by month.",
    "Published figures do not change. A correction is another release, and says so in `corrected_at`.",
    "A commune is that of the day, also where it was merged with another since.",
)


def dictionary() -> DictionaryOut:
    """Return what the columns mean, and the licence."""
    return DictionaryOut(
        licence=LICENCE,
        licence_url=LICENCE_URL,
        source="EcoPanier",
        rules=list(RULES),
        fields=[
            FieldOut(name=name, type=kind, unit=unit, description=told)
            for name, (kind, unit, told) in DICTIONARY.items()
        ],
    )


@dataclass(frozen=True)
class FiguresAsked:
    """The query of a territory's published figures.

    since, until: the first and last day; of a month, any day. None: today, and 30 days or 12 months before.
    category: None for all food. parts: the kind of territories within it to tell of; None for the whole.
    """

    by: By
    since: date | None = None
    until: date | None = None
    category: Category | None = None
    parts: str | None = None


async def territory_figures(acts: Acts, code: str, asked: FiguresAsked, who: PersonOrClient = VISITOR) -> str:
    """Return the published figures of a territory or of its parts, as JSON.

    Raises TerritoryNotFound, FiguresPeriodInvalid.
    """
    by = asked.by
    until = asked.until or datetime.now(ZoneInfo("Europe/Paris")).date()
    first = asked.since or (date.fromordinal(until.toordinal() - 30) if by == "day" else _months_before(until, 12))
    if by == "month":
        first = first.replace(day=1)
    periods = (
        (until - first).days + 1 if by == "day" else (until.year - first.year) * 12 + until.month - first.month + 1
    )
    if first.year < FIRST_YEAR or not 1 <= periods <= MOST_PERIODS[by]:
        raise FiguresPeriodInvalid
    found: str | None = await acts.value(
        "territory_figures",
        wanted=code,
        wanted_kind=by,
        since=first,
        until=until,
        wanted_category=asked.category or "",
        parts=asked.parts,
        caller=who.account_id,
        client=who.client and who.client.id,
    )
    if found is None:
        raise TerritoryNotFound
    return found


async def live_figures(acts: Acts, code: str, who: PersonOrClient) -> str:
    """Return what is on offer right now, as JSON. Raises TerritoryNotYours."""
    found: str | None = await acts.value(
        "live_figures", wanted=code, caller=who.account_id, client=who.client and who.client.id
    )
    if found is None:
        raise TerritoryNotYours
    return found


async def parts_below(acts: Acts, code: str) -> str:
    """Return the kind of the parts that the map of a territory shows. Raises TerritoryNotFound, PartsUnknown."""
    found = await acts.value("territory", wanted=code)
    if found is None:
        raise TerritoryNotFound
    whole = json.loads(found)
    if whole["kind"] not in BELOW:
        raise PartsUnknown
    return "arrondissement" if "arrondissement" in whole["parts"] else BELOW[whole["kind"]]


def figures_csv(figures: str) -> bytes:
    """Return published figures as CSV by RFC 4180: UTF-8, commas, decimal points."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(DICTIONARY)
    for row in json.loads(figures)["data"]:
        whole = {"category": None, **row}
        writer.writerow(_written(whole.get(name)) for name in DICTIONARY)
    return written.getvalue().encode()


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return cell(value) if isinstance(value, str) else str(value)


def figures_geojson(figures: str, places: list[dict[str, Any]]) -> bytes:
    """Return published figures of parts as GeoJSON (RFC 7946): a feature for each part, at its centre."""
    by_code: dict[str, list[dict[str, Any]]] = {}
    whole = json.loads(figures)
    for row in whole["data"]:
        by_code.setdefault(row["code"], []).append(
            {name: value for name, value in row.items() if name not in ("code", "kind", "name")}
        )
    features = list(_features(places, by_code))
    told = {name: whole[name] for name in ("code", "kind", "name", "by", "from", "to", "category", "parts")}
    return json.dumps(
        {"type": "FeatureCollection", **told, "licence": LICENCE, "features": features},
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()


def _features(places: list[dict[str, Any]], by_code: dict[str, list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    for place in places:
        if place["code"] not in by_code:
            continue
        at = None if place["latitude"] is None else [place["longitude"], place["latitude"]]
        yield {
            "type": "Feature",
            "id": place["code"],
            "geometry": place["geometry"] or (None if at is None else {"type": "Point", "coordinates": at}),
            "properties": {
                **{name: place[name] for name in ("code", "kind", "name", "population")},
                "figures": by_code[place["code"]],
            },
        }


def _months_before(until: date, months: int) -> date:
    month = until.year * 12 + until.month - months
    return date(month // 12, month % 12 + 1, 1)
