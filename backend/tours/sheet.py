"""The tour sheet on paper: A4 landscape, one row a stop, as PDF in French."""

import asyncio
import io
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import qrcode
from babel.dates import format_date
from babel.numbers import format_decimal
from qrcode.image.svg import SvgPathImage

from backend.files.typesetting import typeset
from backend.tours.map_links import map_links
from backend.tours.sheet_schemas import SheetItem, SheetOut, SheetStop, SheetTask

_SHEET = (Path(__file__).parent / "sheet.typ").read_bytes()
# Two sheets at a time: typst lets other threads run while it typesets.
_press = ThreadPoolExecutor(2, thread_name_prefix="sheets")

STOP_PAGE: Final = "/tours/{tour}/stops/{number}"
_HEADERS: Final = {"grams": "kg", "crates": "caisses", "portions": "portions"}
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPACE: Final = "\N{NO-BREAK SPACE}"
_VEHICLES: Final = {
    "foot": "à pied",
    "bike": "vélo",
    "cargo_bike": "vélo cargo",
    "car": "voiture",
    "van": "camionnette",
    "truck": "camion",
}
_DATES: Final = {"use_by": "DLC", "best_before": "DDM"}


async def sheet_pdf(tour: SheetOut, public_url: str) -> bytes:
    """Return the sheet of a tour. public_url: of the pages that the squares open."""
    typesetting = partial(typeset, _SHEET, sheet=contents(tour, public_url))
    return await asyncio.get_running_loop().run_in_executor(_press, typesetting)


def contents(tour: SheetOut, public_url: str) -> dict[str, Any]:
    """Return all that is printed on a sheet."""
    units = {kind: _said_units(tour, kind) for kind in ("take", "leave")}
    zone = ZoneInfo(tour.stops[0].zone) if tour.stops else ZoneInfo("Europe/Paris")
    facts = [
        ("Organisée par", tour.association or "EcoPanier"),
        ("Départ", _hour(tour.begins_at, zone)),
        ("Retour", _hour(tour.ends_at, zone)),
        ("Distance", f"{format_decimal(Decimal(tour.metres) / 1000, format='0.#', locale='fr')}{_SPACE}km"),
    ]
    if tour.vehicle is not None:
        facts.append(("Véhicule", _VEHICLES[tour.vehicle]))
    return {
        "title": f"Tournée du {format_date(tour.day, 'EEEE d MMMM y', locale='fr')}",
        "facts": facts,
        "cancelled": tour.status in ("declined", "cancelled"),
        "units": {kind: [_HEADERS[unit] for unit in said] for kind, said in units.items()},
        "cold": any(task.cold != "none" for stop in tour.stops for task in stop.tasks),
        "stops": [_stop(tour, stop, units, public_url) for stop in tour.stops],
        "totals": {kind: _amounts(_tasks(tour.stops, kind), said) for kind, said in units.items()},
    }


def _stop(tour: SheetOut, stop: SheetStop, units: dict[str, list[str]], public_url: str) -> dict[str, Any]:
    page = public_url.rstrip("/") + STOP_PAGE.format(tour=tour.id, number=stop.number)
    return {
        "number": stop.number,
        "hour": _hour(stop.arrives_at, ZoneInfo(stop.zone)),
        "name": stop.name,
        "open": _open_on(stop, _DAYS[tour.day.weekday()]),
        "contacts": [line for one in stop.contacts for line in _contact(one)],
        "address": stop.address,
        "access": stop.access,
        "map": _way(stop),
        "goods": [_goods(task, len(stop.tasks) > 1 or task.kind == "leave") for task in stop.tasks],
        "amounts": {kind: _amounts(_tasks([stop], kind), said) for kind, said in units.items()},
        "cold": _cold(stop.tasks),
        "page": page,
        "qr": _drawn(page),
    }


def _way(stop: SheetStop) -> str | None:
    if stop.latitude is None or stop.longitude is None:
        return None
    return map_links(stop.latitude, stop.longitude, stop.name).google


def _tasks(stops: Iterable[SheetStop], kind: str) -> list[SheetTask]:
    return [task for stop in stops for task in stop.tasks if task.kind == kind]


def _said_units(tour: SheetOut, kind: str) -> list[str]:
    """Return the units in which anything is taken or left; a column without anything is not printed."""
    return [unit for unit in _HEADERS if _sum(_tasks(tour.stops, kind), unit)]


def _sum(tasks: Iterable[SheetTask], unit: str) -> int:
    return sum(getattr(item, unit) or 0 for task in tasks for item in task.items)


def _amounts(tasks: list[SheetTask], units: list[str]) -> list[str]:
    return [_amount(_sum(tasks, unit), unit) for unit in units]


def _amount(amount: int, unit: str) -> str:
    if not amount:
        return ""
    return format_decimal(Decimal(amount) / 1000 if unit == "grams" else amount, locale="fr")


def _goods(task: SheetTask, told: bool) -> dict[str, Any]:
    """Return what is taken or left by one task. told: whether to name the other side."""
    other = task.receiver if task.kind == "take" else task.giver
    return {
        "kind": task.kind,
        "other": other if told else None,
        "items": [_item(item) for item in task.items] if task.kind == "take" else [],
        "notes": task.notes if task.kind == "take" else "",
    }


def _item(item: SheetItem) -> str:
    words = [item.title]
    if item.food_date is not None and item.date_kind in _DATES:
        words.append(f"{_DATES[item.date_kind]} {format_date(item.food_date, 'd/MM', locale='fr')}")
    if item.most is not None:
        words.append(f"au plus {_degrees(item.most)}")
    if item.least is not None:
        words.append(f"au moins {_degrees(item.least)}")
    return ", ".join(words)


def _degrees(degrees: float) -> str:
    return f"{format_decimal(Decimal(str(degrees)), locale='fr')}{_SPACE}°C".replace("-", "\N{MINUS SIGN}")


def _cold(tasks: list[SheetTask]) -> str:
    kinds = {task.cold for task in tasks}
    return ", ".join(word for kind, word in (("chilled", "frais"), ("frozen", "surgelé")) if kind in kinds)


def _open_on(stop: SheetStop, day: str) -> str:
    return ", ".join(f"{one['opens']}{_SPACE}–{_SPACE}{one['closes']}" for one in stop.opening_hours.get(day) or ())


def _contact(contact: dict[str, Any]) -> list[str]:
    """Return the lines that say whom to call: name and telephone, then the e-mail address."""
    called = [contact["name"], (contact.get("telephone") or "").replace(" ", _SPACE)]
    lines = [" · ".join(words for words in called if words), contact.get("email")]
    return [line for line in lines if line]


def _hour(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{local.hour}{_SPACE}h{_SPACE}{local.minute:02}"


def _drawn(text: str) -> str:
    """Return a QR as SVG."""
    drawn: qrcode.QRCode[Any] = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=2)
    drawn.add_data(text)
    drawn.make(fit=True)
    picture = io.BytesIO()
    drawn.make_image(image_factory=SvgPathImage).save(picture)
    return picture.getvalue().decode()
