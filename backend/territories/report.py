"""The monthly report of a territory as PDF: one page, from published figures only, the same bytes for everybody."""

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from backend.database.acts import Acts
from backend.documents.papers import day
from backend.files.typesetting import typeset_to_keep
from backend.funds.categories import CATEGORIES
from backend.territories.problems import MonthNotPublished, PartsUnknown, TerritoryNotFound
from backend.territories.published import LICENCE, LICENCE_URL, FiguresAsked, parts_below, territory_figures

_SOURCE: Final = (Path(__file__).parent / "report.typ").read_bytes()
_PARIS: Final = ZoneInfo("Europe/Paris")
MOST_PARTS: Final = 14
NOT_PUBLISHED: Final = "non publié"
KINDS: Final = {
    "country": "Pays",
    "region": "Région",
    "department": "Département",
    "epci": "Intercommunalité",
    "commune": "Commune",
    "arrondissement": "Arrondissement",
    "zone": "Quartier",
}
PARTS: Final = {
    "region": "Par région",
    "department": "Par département",
    "commune": "Par commune",
    "arrondissement": "Par arrondissement",
    "zone": "Par quartier",
}
_press = ThreadPoolExecutor(1, thread_name_prefix="reports")


async def report_contents(acts: Acts, code: str, month: date) -> str:
    """Return what the report of a month is made from, as JSON: the same until a correction is published.

    Raises TerritoryNotFound, MonthNotPublished.
    """
    whole = json.loads(await territory_figures(acts, code, FiguresAsked("month", month, month)))
    by_category = await acts.value("category_figures", wanted=code, month=month)
    about = await acts.value("territory", wanted=code)
    if about is None:
        raise TerritoryNotFound
    if by_category is None or not whole["data"]:
        raise MonthNotPublished
    parts = None
    try:
        kind = await parts_below(acts, code)
    except PartsUnknown:
        pass
    else:
        parts = json.loads(await territory_figures(acts, code, FiguresAsked("month", month, month, parts=kind)))
    found = {
        "territory": json.loads(about),
        "row": whole["data"][0],
        "categories": json.loads(by_category),
        "parts": parts,
    }
    return json.dumps(found, ensure_ascii=False, sort_keys=True)


async def report_pdf(contents: str) -> bytes:
    """Return the report as PDF. contents: as `report_contents` returns them."""
    return await asyncio.get_running_loop().run_in_executor(_press, _printed, contents)


@lru_cache(64)
def _printed(contents: str) -> bytes:
    found = json.loads(contents)
    made_on = datetime.fromisoformat(found["row"]["published_at"]).astimezone(_PARIS).date()
    return typeset_to_keep(_SOURCE, made_on, report=report_paper(found, made_on))


def report_paper(found: dict[str, Any], made_on: date) -> dict[str, Any]:
    """Return the words of a report, in French."""
    territory, row = found["territory"], found["row"]
    month = format_date(date.fromisoformat(row["from"]), "MMMM y", "fr")
    around = " – ".join(one["name"] for one in territory["within"] if one["kind"] != "country")
    about = [KINDS[territory["kind"]]]
    if territory["population"] is not None:
        about.append(f"{_number(territory['population'])} habitants")
    if around:
        about.append(around)
    return {
        "title": f"{territory['name']}, {month} : rapport d'EcoPanier",
        "subtitle": "Rapport mensuel",
        "name": territory["name"],
        "month": month[0].upper() + month[1:],
        "about": " · ".join(about),
        "headline": [] if row["suppressed"] else _headline(row),
        "withheld": "Les chiffres de ce mois ne sont pas publiés : ils diraient, seuls ou par soustraction, quelque"
        " chose de moins de 11 personnes ou de moins de 3 commerces.",
        "categories": {
            "title": "Par catégorie",
            "header": ["Catégorie", "", "Nourriture", "Repas"],
            "rows": _rows(found["categories"], lambda one: _capital(CATEGORIES.get(one["category"], one["category"]))),
            "nothing": "Aucune catégorie ce mois-ci.",
        },
        "parts": _parts(found["parts"]),
        "notes": _notes(row),
        "footer": f"EcoPanier · {territory['name']}, {month} · publié le {day(made_on)}"
        + (" (corrigé)" if row["corrected_at"] else ""),
    }


def _headline(row: dict[str, Any]) -> list[tuple[str, str]]:
    told = [
        ("repas", _number(row["meals"])),
        ("de nourriture", _kg(row["food_kg"])),
        ("de CO₂e évités (estimation)".replace("₂", "2"), _kg(row["co2e_kg"])),
        ("portions remises", _number(row["collected"])),
        ("portions données par les commerces", _number(row["given"]) if row["given"] is not None else NOT_PUBLISHED),
        ("commerces actifs", _number(row["shops"])),
        ("collectes d'associations", _number(row["collections"])),
        ("de valeur sauvée", _euros(row["value_saved_cents"])),
    ]
    if row["people_helped"]:
        told.append(("personnes aidées pour la première fois, au moins", _number(row["people_helped"])))
    if row.get("waiting_unserved"):
        told.append(("personnes en attente sans proposition, au moins", _number(row["waiting_unserved"])))
    if row.get("searches_unserved"):
        told.append(("personnes qui ont cherché sans trouver, au moins", _number(row["searches_unserved"])))
    return told


def _parts(parts: dict[str, Any] | None) -> dict[str, Any] | None:
    if parts is None or not parts["data"]:
        return None
    rows = sorted(parts["data"], key=lambda one: (-(one.get("food_kg") or -1), one["name"]))
    left = len(rows) - MOST_PARTS
    return {
        "title": PARTS[parts["parts"]],
        "header": ["Territoire", "", "Nourriture", "Repas"],
        "rows": _rows(rows[:MOST_PARTS], lambda one: str(one["name"])),
        "more": f"et {_number(left)} autre{'s' * (left > 1)}, dans les données ouvertes" if left > 0 else "",
    }


def _rows(rows: Sequence[dict[str, Any]], name: Any) -> list[dict[str, Any]]:
    most = max((one.get("food_kg") or 0 for one in rows), default=0)
    return [
        {"name": name(one), "share": None, "food": NOT_PUBLISHED, "meals": ""}
        if one["suppressed"]
        else {
            "name": name(one),
            "share": max(0, round(100 * one["food_kg"] / most)) if most else 0,
            "food": _kg(one["food_kg"]),
            "meals": _number(one["meals"]),
        }
        for one in rows
    ]


def _notes(row: dict[str, Any]) -> list[str]:
    notes = [
        "Sont comptées les portions remises au comptoir et la nourriture que des associations ont collectée et reçue. "
        f"Le CO2e est une estimation (méthode {row['method']}), moins les trajets ; l'adresse /impact la décrit.",
        f"« {NOT_PUBLISHED.capitalize()} » : le chiffre dirait quelque chose de moins de 11 personnes ou de moins de 3 "
        "commerces, seul ou par soustraction avec d'autres chiffres publiés. Les totaux publiés le comprennent.",
        "Les personnes sont comptées par groupes entiers de onze. Un chiffre publié ne change plus ; une correction "
        "est une nouvelle publication, qui le dit.",
        f"Données ouvertes, {LICENCE} ({LICENCE_URL}). Source : EcoPanier. Territoires : INSEE, DGCL.",
    ]
    if row["corrected_at"]:
        corrected = datetime.fromisoformat(row["corrected_at"]).astimezone(_PARIS).date()
        notes.insert(0, f"Ces chiffres corrigent une publication antérieure, le {day(corrected)}.")
    return notes


def _number(value: float) -> str:
    return format_decimal(round(value), locale="fr")


def _kg(value: float) -> str:
    return f"{format_decimal(round(value, 1 if value < 10 else 0), locale='fr')}\N{NO-BREAK SPACE}kg"


def _euros(cents: int) -> str:
    return format_currency(round(cents / 100), "EUR", "#,##0\N{NO-BREAK SPACE}¤", locale="fr", currency_digits=False)


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]
