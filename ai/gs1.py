"""Read GS1 numbers and element strings: the content of a GS1 DataMatrix, GS1-128 or GS1 DataBar code.

Source: GS1 General Specifications, sections 3 (application identifiers), 7.8 (element strings), 7.9 (check digit) and
7.12 (dates).
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date

from stdnum import ean

FNC1 = "\x1d"

# Elements of fixed length, by the first two digits of their application identifier (AI): the number of characters of
# identifier and data together. All other elements run to the next FNC1 or to the end.
_FIXED_LENGTHS = {
    "00": 20, "01": 16, "02": 16, "03": 16, "04": 18, "20": 4, "41": 16,
    **{f"{ai}": 8 for ai in range(11, 20)},
    **{f"{ai}": 10 for ai in range(31, 37)},
}  # fmt: skip
_SET_82 = re.compile(r"[!\"%-?A-Z_a-z]{1,20}")
_GRAMS_IN_A_KILOGRAM = 1000


# https://www.gs1.org/standards/id-keys/company-prefix
_NO_FOOD = ("02", "04", "05", *(str(prefix) for prefix in range(20, 30)), "977", "978", "979", "98", "99")


class NotGs1(ValueError):
    """Raised when a text breaks GS1's rules, so that no part of it can be trusted."""


@dataclass(frozen=True, slots=True)
class Elements:
    """The facts that one code states about the food, from AI 01, 10, 17 (or 7003), 15 and 310n."""

    gtin: str | None = None
    batch: str | None = None
    use_by: date | None = None
    best_before: date | None = None
    weight_grams: int | None = None


def has_right_check_digit(number: str) -> bool:
    """Return whether a GTIN (8, 12, 13 or 14 digits and nothing else) ends with the right check digit."""
    # stdnum alone would also accept spaces and hyphens between the digits.
    return number.isascii() and number.isdigit() and ean.is_valid(number)


def as_gtin(number: str) -> str | None:
    """Return a GTIN-8, -12, -13 or -14 with 14 digits, or None if the number identifies no product.

    Numbers that shops assign themselves (prefixes 02, 04 and 20 to 29, with a price or weight inside) identify none.
    Those of periodicals, books and music (977 to 979) and of coupons and refunds (05, 98, 99) are no food's.
    """
    if not has_right_check_digit(number):
        return None
    gtin = number.zfill(14)
    if not gtin.strip("0") or (len(number) == 8 and number[0] in "02"):
        return None
    if len(number) != 8 and gtin[0] == "0" and gtin.startswith(_NO_FOOD, 1):
        return None
    return gtin


def day(yymmdd: str, today: date) -> date:
    """Return the date that six digits stand for. Raises NotGs1 if there is no such day.

    Day 00 is the last day of the month. The century is the one that puts the year within 50 years of today.
    """
    if not re.fullmatch(r"[0-9]{6}", yymmdd):
        raise NotGs1("a date has six digits")
    year, month, of_month = int(yymmdd[:2]), int(yymmdd[2:4]), int(yymmdd[4:])
    ahead = year - today.year % 100
    century = today.year // 100 + (-1 if ahead >= 51 else 1 if ahead <= -50 else 0)
    try:
        full = century * 100 + year
        return date(full, month, of_month or calendar.monthrange(full, month)[1])
    except ValueError:  # also covers calendar.IllegalMonthError
        raise NotGs1("no such day") from None


def read_elements(text: str, today: date) -> Elements:
    """Read an element string in which FNC1 is character 29. Identifiers that we do not use are ignored.

    Raises NotGs1.
    """
    said: dict[str, str] = {}
    found = False
    rest = text.lstrip(FNC1)
    while rest:
        if not rest[:2].isascii() or not rest[:2].isdigit():
            raise NotGs1("no application identifier")
        length = _FIXED_LENGTHS.get(rest[:2])
        if length is None:
            element, _, rest = rest.partition(FNC1)
        else:
            element, rest = rest[:length], rest[length:].removeprefix(FNC1)
            if len(element) < length or not (element.isascii() and element.isdigit()):
                raise NotGs1("too short, or not digits")
        found = True
        for identifier in (element[:2], element[:4]):
            value = element[len(identifier) :]
            if identifier in _USED and said.setdefault(identifier, value) != value:
                raise NotGs1("the same identifier has two different values")
    if not found:
        raise NotGs1("empty")
    return _interpreted(said, today)


_WEIGHTS = tuple(f"310{decimals}" for decimals in range(6))
_USED = {"01", "10", "15", "17", "7003", *_WEIGHTS}


def _interpreted(said: dict[str, str], today: date) -> Elements:
    gtin = None
    if "01" in said:
        if not has_right_check_digit(said["01"]):
            raise NotGs1("wrong check digit")
        gtin = as_gtin(said["01"])
    batch = said.get("10")
    if batch is not None and not _SET_82.fullmatch(batch):
        raise NotGs1("a batch has 1 to 20 characters of set 82")
    expiry = said.get("17") or said.get("7003", "")[:6]
    weight = next(
        (int(said[ai]) * _GRAMS_IN_A_KILOGRAM // 10 ** int(ai[3]) for ai in _WEIGHTS if ai in said),
        0,
    )
    return Elements(
        gtin=gtin,
        batch=batch,
        use_by=day(expiry, today) if expiry else None,
        best_before=day(said["15"], today) if "15" in said else None,
        weight_grams=weight if 1 <= weight <= 100_000 else None,
    )
