"""Find food dates in the text of a label: "À consommer jusqu'au 24/11/2026", "DDM fin 03.2027".

The phrases come from annex X of regulation (EU) 1169/2011, in the languages that are common on French shelves.
"""

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

from ai.vocabulary import DateKind

_USE_BY = (
    r"a consommer jusqu|consommer avant|date limite de consommation|\bdlc\b|use by|utiliser jusqu|expir|"
    r"zu verbrauchen bis|te gebruiken tot|da consumare entro|da consumarsi entro|fecha de caducidad|\bcad\b"
)
_BEST_BEFORE = (
    r"de preference|\bddm\b|\bdluo\b|best before|best if used|\bbbe?\b|meilleur avant|durabilite minimale|"
    r"mindestens haltbar|ten minste houdbaar|preferibilmente|preferentemente"
)
_NOT_A_FOOD_DATE = (
    r"emballe|conditionne|fabrique|produit le|congele|abattu|pondu|recolte|peche|packed|produced|\bne le\b"
)
_WORDS = re.compile(rf"(?P<best_before>{_BEST_BEFORE})|(?P<use_by>{_USE_BY})|(?P<other>{_NOT_A_FOOD_DATE})")

_MONTHS = {
    month: number
    for number, names in enumerate(
        (
            "janvier janv jan january",
            "fevrier fevr fev february feb",
            "mars march mar",
            "avril avr april apr",
            "mai may",
            "juin june jun",
            "juillet juil july jul",
            "aout august aug",
            "septembre sept september sep",
            "octobre oct october",
            "novembre nov november",
            "decembre dec december",
        ),
        1,
    )
    for month in names.split()
}
_NAMES = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATES = re.compile(
    r"(?<![\d])(?:"
    r"(?P<iso>20\d{2}-\d{2}-\d{2})"
    r"|(?P<day>\d{1,2})\s?[/.\- ]\s?(?P<month>\d{1,2})\s?[/.\- ]\s?(?P<year>20\d{2}|\d{2})"
    rf"|(?P<day_n>\d{{1,2}})(?:er)?[ .\-/]?(?P<name>{_NAMES})[ .\-/]{{0,2}}(?P<year_n>20\d{{2}}|\d{{2}})"
    r"|(?P<month_only>\d{1,2})\s?[/.\-]\s?(?P<year_only>20\d{2})"
    rf"|(?P<name_only>(?<![a-z])(?:{_NAMES}))[ .\-/]{{1,2}}(?P<year_name>20\d{{2}})"
    r")(?!\d)"
)
_MAX_DISTANCE = 90  # characters between a phrase and its date
_MAX_TEXT_LENGTH = 6000  # a whole packet has about 2 000 characters
_DIGITS = str.maketrans("oil", "011")


@dataclass(frozen=True, slots=True)
class LabelDate:
    """One date on a label. kind: None if no phrase says which kind of date it is."""

    day: date
    kind: DateKind | None


def dates_in(text: str) -> list[LabelDate]:
    """Return all food dates in the order of the text, without packing and production dates. Never raises."""
    plain = _plain(text[:_MAX_TEXT_LENGTH])
    words = list(_WORDS.finditer(plain))
    found = []
    for match in _DATES.finditer(plain):
        day = _day(match)
        if day is None:
            continue
        before = [word for word in words if 0 <= match.start() - word.end() <= _MAX_DISTANCE]
        said = before[-1].lastgroup if before else None
        # "À consommer de préférence avant le" contains the words of both kinds; the whole phrase means best-before.
        if said == "use_by" and len(before) > 1 and before[-2].lastgroup == "best_before":
            said = "best_before" if before[-1].start() - before[-2].end() < 12 else said
        if said != "other":
            found.append(LabelDate(day, DateKind(said) if said else None))
    return found


def food_date_in(text: str, today: date) -> LabelDate | None:
    """Return the date that applies, or None.

    It is the earliest use-by date, else the earliest best-before date. Else it is the one date of any kind that lies
    between today and three years from today, if there is only one.
    """
    dates = dates_in(text)
    for kind in (DateKind.USE_BY, DateKind.BEST_BEFORE):
        of_kind = [found for found in dates if found.kind is kind]
        if of_kind:
            return min(of_kind, key=lambda found: found.day)
    coming = {found.day for found in dates if today <= found.day <= today + timedelta(days=3 * 365)}
    return LabelDate(coming.pop(), None) if len(coming) == 1 else None


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("\u2019", "'"))
    joined = " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())
    # OCR often reads 0 and 1 as o, i or l. This is corrected only between digits.
    return re.sub(r"(?<=[\d/.\-])[oil]{1,2}(?=[\d/.\-])", lambda m: m[0].translate(_DIGITS), joined)


def _day(match: re.Match[str]) -> date | None:
    said = match.groupdict()
    try:
        if said["iso"]:
            return date.fromisoformat(said["iso"])
        if said["day"]:
            return date(_year(said["year"]), int(said["month"]), int(said["day"]))
        if said["day_n"]:
            return date(_year(said["year_n"]), _MONTHS[said["name"]], int(said["day_n"]))
        if said["month_only"]:
            return _last_day(int(said["year_only"]), int(said["month_only"]))
        return _last_day(int(said["year_name"]), _MONTHS[said["name_only"]])
    except ValueError:
        return None


def _year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def _last_day(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])
