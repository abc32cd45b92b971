"""How labels write dates: "24/11/2026", "24 NOV 26", "2027/06/12", "fin 06/27", "JUIN 27", "12 mars", "120327"."""

import calendar
import difflib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

MONTHS = {
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
# "June 27" is a day in English, "juin 27" a month in French.
_ENGLISH = frozenset(
    "january february feb march april may june july august september october november december".split()
)
_HALF_A_YEAR = timedelta(days=180)
# A compact date may have its year first; it is the one that food can have.
_PAST, _AHEAD = timedelta(days=400), timedelta(days=3 * 365)

_NAMES = rf"(?:{'|'.join(sorted(MONTHS, key=len, reverse=True))})(?![a-z])"
# A date neither begins nor ends within a longer number, such as a telephone number with dots.
_BEGIN = r"(?<!\d)(?<!\d[/.,:\-])(?<!\d[/.] )(?<!\d / )"
_STOP = r"(?!\d)(?![/.,:\-]\d)(?! ?/ ?\d)(?!\. \d)"
_SPACED = rf"{_BEGIN}(?<!\d )", rf"(?! ?\d){_STOP}"
_BY = r" ?[/.\-] ?"
_YEAR = r"20\d{2}|\d{2}"
_DATES = re.compile(
    rf"{_BEGIN}(?P<d1>\d{{1,2}}){_BY}(?P<m1>\d{{1,2}}){_BY}(?P<y1>{_YEAR}){_STOP}"
    rf"|{_BEGIN}(?P<y2>20\d{{2}})[/.\-](?P<m2>\d{{2}})[/.\-](?P<d2>\d{{2}}){_STOP}"
    rf"|{_BEGIN}(?P<d3>\d{{1,2}})(?:er)?[ .\-/]{{0,2}}(?P<n3>{_NAMES})[ .\-/']{{0,2}}(?P<y3>{_YEAR}){_STOP}"
    rf"|{_BEGIN}(?P<m4>\d{{1,2}}){_BY}(?P<y4>20\d{{2}}){_STOP}"
    rf"|{_BEGIN}(?P<y5>20\d{{2}})[/\-](?P<m5>\d{{2}}){_STOP}"
    rf"|{_SPACED[0]}(?P<d6>\d{{2}}) (?P<m6>\d{{2}}) (?P<y6>{_YEAR}){_SPACED[1]}"
    rf"|{_SPACED[0]}(?P<m7>\d{{2}}) (?P<y7>20\d{{2}}){_SPACED[1]}"
    rf"|{_BEGIN}(?P<one8>\d{{1,2}}){_BY}(?P<two8>\d{{2}})(?! ?(?:kg|g|eur|€|%|c?l|ml|cm|mm|h)\b){_STOP}"
    rf"|{_BEGIN}(?P<d9>\d{{1,2}})(?:er)? ?(?P<n9>{_NAMES})(?![ .\-/']{{0,2}}\d)"
    rf"|(?<![a-z])(?P<n10>{_NAMES})[ .\-/']{{1,2}}(?P<y10>{_YEAR}){_STOP}"
    rf"|\b(?:fin|end) (?P<y11>20\d{{2}}){_SPACED[1]}"
    rf"|{_SPACED[0]}(?P<digits>\d{{8}}|\d{{6}}){_SPACED[1]}"
)
_MISREAD_DIGITS = re.compile(
    r"(?<=\d)[oil]{1,2}(?=[\d/.\-])|(?<=[\d/.\-])[oil]{1,2}(?=\d)|(?<=\d[/.\-])[oil]{1,2}(?=[/.\-]\d)"
)
_MISREAD = str.maketrans("oil", "011")

# Long words of labels, which OCR reads with a wrong letter or two.
_LONG_WORDS = (
    "consommer", "jusqu'au", "preference", "conditionne", "emballe", "fabrication", "fabrique", "abattu", "recommandee",
    "congele", "surgele", "valable", "telephone", "service", "janvier", "fevrier", "juillet", "septembre", "octobre",
    "novembre", "decembre",
)  # fmt: skip
_OTHER_WORDS = frozenset(("reference", "references", "services", "valables"))
_LEAST_LETTERS, _LIKENESS = 6, 0.8


@dataclass(frozen=True, slots=True)
class Form:
    """A date at its place in a text. today: what a date without a year was reckoned from.

    sure: it is a date, whatever words stand beside it; else some must say so. of_month: the label has no day, so it is
    the last of the month. may_be_alone: it may be a date where nothing else stands in its row.
    """

    start: int
    end: int
    day: date
    sure: bool
    of_month: bool = False
    may_be_alone: bool = False


def plain(text: str) -> str:
    """Return a word or text in small letters without accents, with one space where there were some.

    Digits that OCR took for letters are corrected between digits, and long words of labels that it misspelt.
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("\u2019", "'").replace("\u2018", "'"))
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    digits = _MISREAD_DIGITS.sub(lambda match: match[0].translate(_MISREAD), letters)
    return " ".join(map(_spelt, digits.split()))


def forms(text: str, today: date | None) -> Iterator[Form]:
    """Yield every date in a plain text that may be one, from left to right.

    today: for dates without a year; without it they are left out.
    """
    for match in _DATES.finditer(text):
        try:
            read = _read({name: value for name, value in match.groupdict().items() if value is not None}, today)
        except ValueError:  # no such day
            continue
        if read is not None:
            yield Form(match.start(), match.end(), *read)


def _read(said: dict[str, str], today: date | None) -> tuple[date, bool, bool, bool] | None:
    """Return the day, and what `Form` says of it. Raises ValueError if there is no such day."""
    if "digits" in said:
        day = _compact(said["digits"], today)
        return (day, False, False, False) if day else None
    if "one8" in said:
        one, two = int(said["one8"]), int(said["two8"])
        if two > 12:  # years begin at 13: what is older is no food
            return (_last_day(2000 + two, one), False, True, False)
        return _near(today, two, one, len(said["one8"]) == 2)
    if "d9" in said:
        return _near(today, MONTHS[said["n9"]], int(said["d9"]), True)
    part = {name.rstrip("0123456789"): value for name, value in said.items()}
    year = int(part["y"]) + (0 if len(part["y"]) == 4 else 2000)
    if "y11" in said:  # enough for food that lasts longer than 18 months
        return (date(year, 12, 31), False, True, False)
    month = MONTHS[part["n"]] if "n" in part else int(part["m"])
    if "d" in part:
        return (date(year, month, int(part["d"])), "d6" not in said, False, False)
    if "n" in part and len(part["y"]) == 2 and part["n"] in _ENGLISH:
        return None
    sure = "y4" in said or ("n" in part and len(part["y"]) == 4)
    return (_last_day(year, month), sure, True, "n" in part)


def _near(today: date | None, month: int, day: int, may_be_alone: bool) -> tuple[date, bool, bool, bool] | None:
    """Return the day that is nearest to today, of a date without a year.

    Only food that is eaten within three months may leave out the year (annex X of regulation (EU) 1169/2011).
    """
    if today is None:
        return None
    years = (today.year - 1, today.year, today.year + 1)
    days = [date(year, month, day) for year in years if day <= calendar.monthrange(year, month)[1]]
    near = [one for one in days if abs(one - today) <= _HALF_A_YEAR]
    return (near[0], False, False, may_be_alone) if near else None


def _compact(digits: str, today: date | None) -> date | None:
    """Read 120327 or 12032027, or with the year first. Of two readings that food can have it is the earlier."""
    if len(digits) == 8:
        parts = [(digits[4:], digits[2:4], digits[:2]), (digits[:4], digits[4:6], digits[6:])]
    else:
        parts = [(f"20{digits[4:]}", digits[2:4], digits[:2]), (f"20{digits[:2]}", digits[2:4], digits[4:])]
    days = []
    for year, month, day in parts:
        try:
            days.append(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    likely = [day for day in days if today is None or today - _PAST <= day <= today + _AHEAD]
    likely = [day for day in likely if 2000 <= day.year <= 2099]
    return min(likely, default=None) if today else next(iter(likely), None)


def _last_day(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def _spelt(word: str) -> str:
    """Return the long word of labels that this one is nearly, or the word itself."""
    letters = word.strip(".,:;!()")
    if not _LEAST_LETTERS <= len(letters) <= 14 or sum(c.isdigit() for c in letters) > 2:
        return word
    return word.replace(letters, _nearly(letters))


@lru_cache(maxsize=4096)
def _nearly(word: str) -> str:
    if word in _OTHER_WORDS:
        return word
    return next(iter(difflib.get_close_matches(word, _LONG_WORDS, n=1, cutoff=_LIKENESS)), word)
