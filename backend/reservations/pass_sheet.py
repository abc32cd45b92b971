"""Passes on paper: A6 as PDF, for a holder without a telephone."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from backend.files.typesetting import typeset
from backend.problems.texts import Language
from backend.reservations.passes import svg_without_border
from backend.reservations.schemas import PassOut
from backend.time_zones import PARIS, zone_name

_SHEET = (Path(__file__).parent / "pass_sheet.typ").read_bytes()
# One pass at a time, in a thread of its own: a pass takes little, and should not wait for an association's cards.
_press = ThreadPoolExecutor(1, thread_name_prefix="passes")

_WORDS: Final[dict[Language, dict[str, Any]]] = {
    "fr": {
        "language": "fr",
        "title": "Bon de retrait",
        "qr": "Code QR du bon de retrait",
        "pin": "PIN",
        "code": "Code",
        "to-do": "Montrez cette feuille au comptoir et donnez le PIN. Gardez-la pour vous : elle suffit pour retirer.",
        "portions": ("1 portion", "{} portions"),
        "days": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    },
    "en": {
        "language": "en",
        "title": "Pickup pass",
        "qr": "QR code of the pickup pass",
        "pin": "PIN",
        "code": "Code",
        "to-do": "Show this sheet at the counter and give the PIN. Keep it to yourself: nobody needs more to collect.",
        "portions": ("1 portion", "{} portions"),
        "days": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    },
}


@dataclass(frozen=True)
class Reserved:
    """The reservation as its pass prints it. The counter reads the same when it hands the portions over."""

    title: str
    quantity: int


async def pass_sheet(shown: PassOut, reserved: Reserved, language: Language) -> bytes:
    """Return a pass as PDF."""
    return await asyncio.get_running_loop().run_in_executor(_press, _typeset, shown, reserved, language)


def _typeset(shown: PassOut, reserved: Reserved, language: Language) -> bytes:
    words = _WORDS[language]
    one, several = words["portions"]
    printed = {
        "shop": shown.shop.name,
        "address": shown.shop.address,
        "window": _window(shown.pickup_start, shown.pickup_end, shown.shop.time_zone, language),
        "portions": one if reserved.quantity == 1 else several.format(reserved.quantity),
        "lot": reserved.title,
        "qr": svg_without_border(shown.qr),
        "code": shown.code,
        "pin": shown.pin,
    }
    return typeset(_SHEET, **{"pass": printed, "words": words})


def _window(start: datetime, end: datetime, zone: str, language: Language) -> str:
    """Return the pickup window in words, in the shop's time, with the name of that time outside of mainland France."""
    opens, closes = (moment.astimezone(ZoneInfo(zone)) for moment in (start, end))
    until = _time(closes, language)
    if opens.date() != closes.date():
        until = f"{_day(closes, language)}, {until}"
    text = f"{_day(opens, language)}, {_time(opens, language)} \N{EN DASH} {until}"
    return text if zone == PARIS else f"{text} ({zone_name(zone, language)})"


def _day(moment: datetime, language: Language) -> str:
    name = _WORDS[language]["days"][moment.weekday()]
    return f"{name} {moment.date().isoformat() if language == 'en' else format(moment, '%d/%m/%Y')}"


def _time(moment: datetime, language: Language) -> str:
    # No line breaks inside a time.
    return f"{moment:%H:%M}" if language == "en" else f"{moment:%H}\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}{moment:%M}"
