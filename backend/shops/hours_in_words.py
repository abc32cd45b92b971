"""Opening hours in words, in French and English. Nothing here asks the database or the clock."""

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from backend.problems.texts import Language
from backend.shops.opening_hours import OpeningHoursOut, OpenOut

_DAYS: Final[dict[Language, tuple[str, ...]]] = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MIDNIGHT = ("00:00", "24:00")


def hours_in_words(hours: OpeningHoursOut, language: Language) -> list[str]:
    """Return one line per run of days with the same hours, in the order of the week; none if no hours are stored."""
    week = [getattr(hours, name.lower()) for name in _DAYS["en"]]
    if not any(week):
        return []
    runs = [[day for day, _ in run] for _, run in groupby(enumerate(week), key=lambda of_day: of_day[1])]
    colon = " : " if language == "fr" else ": "
    return [_days(run, language) + colon + _openings(week[run[0]], language) for run in runs]


def _days(days: Sequence[int], language: Language) -> str:
    first, last = (_DAYS[language][day] for day in (days[0], days[-1]))
    if language == "fr":
        forms = {1: first, 2: f"{first} et {last}", 7: "tous les jours"}
        return forms.get(len(days), f"du {first} au {last}").capitalize()
    return {1: first, 2: f"{first} and {last}", 7: "Every day"}.get(len(days), f"{first} to {last}")


def _openings(day: Sequence[OpenOut], language: Language) -> str:
    if not day:
        return "fermé" if language == "fr" else "closed"
    if [(hours.opens, hours.closes) for hours in day] == [_MIDNIGHT]:
        return "toute la journée" if language == "fr" else "all day"
    form = "de {} à {}" if language == "fr" else "{} to {}"
    parts = [form.format(_time(hours.opens, language), _time(hours.closes, language)) for hours in day]
    last = " et " if language == "fr" else " and "
    return last.join(filter(None, [", ".join(parts[:-1]), parts[-1]]))


def _time(written: str, language: Language) -> str:
    if written in _MIDNIGHT:
        return "minuit" if language == "fr" else "midnight"
    if language == "en":
        return written
    hour, minute = written.split(":")
    return f"{int(hour)} h {minute}" if minute != "00" else f"{int(hour)} h"
