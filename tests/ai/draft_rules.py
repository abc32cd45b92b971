"""The rules that every draft must obey, written independently of `ai`, to judge the drafts that `ai` makes."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from backend.lots.models import Allergen, DateKind
from backend.shops.models import Category

FIELDS = {
    "title", "description", "category", "original_price_cents", "price_cents", "portions", "weight_grams", "date_kind",
    "food_date", "cold_chain", "urgency", "suspected_allergens", "gtin", "batch",
}  # fmt: skip
_CLAIMS = re.compile(
    r"(sans|zero|0 ?%|garanti\w*|exempt\w* de|aucun|no|without|free (of|from)|ne contient (pas|aucun)( de)?)"
    r"[^\w.!?\n]+(\w+[^\w.!?\n]+)?"
    r"(gluten|lactose|lait|oeufs?|arachides?|allergenes?|noix|milk|eggs?|nuts?|peanuts?|allergens?)"
    r"|(gluten|lactose|milk|nut|allergen)[- ]?free|vegan|convient aux (allergiques|coeliaques|intolerants)"
)
_FORBIDDEN_LETTERS = re.compile(
    "[\u200b-\u200f\u202a-\u202e\u2066-\u2069\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u0400-\u04ff]"
)


def broken_rules(said: Mapping[str, Any], today: date) -> set[str]:
    """Return the names of the rules that a draft (as JSON) breaks."""
    return {rule for rule, breaks in _RULES.items() if _breaks(breaks, said, today)}


def _breaks(breaks: Any, said: Mapping[str, Any], today: date) -> bool:
    try:
        return bool(breaks(said, today))
    except (TypeError, ValueError, AttributeError, OverflowError):
        return True  # a value of another type breaks the rule too


def _whole(value: Any, highest: int) -> bool:
    return value is None or (type(value) is int and 1 <= value <= highest)


def _price(said: Mapping[str, Any], today: date) -> bool:
    original, price = said.get("original_price_cents"), said.get("price_cents")
    if not _whole(original, 100_000) or not _whole(price, 100_000):
        return True
    return price is not None and not Fraction(3, 10) <= Fraction(price, original or 10**9) <= Fraction(7, 10)


def _date(said: Mapping[str, Any], today: date) -> bool:
    if said.get("food_date") is None:
        return False
    day = date.fromisoformat(said["food_date"])
    return not 2025 <= day.year <= 2037 or said.get("date_kind") == "none"


def _text(name: str, limit: int) -> Any:
    def breaks(said: Mapping[str, Any], today: date) -> bool:
        text = said.get(name)
        return text is not None and (not isinstance(text, str) or not 1 <= len(text) <= limit or not text.strip())

    return breaks


def _in_texts(pattern: re.Pattern[str]) -> Any:
    def breaks(said: Mapping[str, Any], today: date) -> bool:
        return any(pattern.search(said[name]) for name in ("title", "description") if said.get(name) is not None)

    return breaks


def _claims(said: Mapping[str, Any], today: date) -> bool:
    for name in ("title", "description"):
        plain = unicodedata.normalize("NFKD", (said.get(name) or "").casefold().replace("œ", "oe"))
        if _CLAIMS.search("".join(letter for letter in plain if not unicodedata.combining(letter))):
            return True
    return False


def _gtin(said: Mapping[str, Any], today: date) -> bool:
    gtin = said.get("gtin")
    if gtin is None:
        return False
    return not re.fullmatch(r"[0-9]{14}", gtin) or sum(int(d) * (3, 1)[i % 2] for i, d in enumerate(gtin)) % 10 != 0


_RULES: dict[str, Any] = {
    "no other fields": lambda said, today: set(said) - FIELDS,
    "prices are lawful": _price,
    "title": _text("title", 120),
    "description": _text("description", 2000),
    "one line": lambda said, today: "\n" in (said.get("title") or ""),
    "plain letters": _in_texts(_FORBIDDEN_LETTERS),
    "no markup": _in_texts(re.compile(r"[<>`]|&lt;")),
    "no link": _in_texts(re.compile(r"https?:|www\.|\w\.(com|fr|ru|io)\b|\w@\w", re.IGNORECASE)),
    "no number to call": _in_texts(re.compile(r"\d([ .()-]{0,2}\d){8,}")),
    "nothing is free": _in_texts(re.compile(r"gratuit|gratis|\bfor free\b|\boffert", re.IGNORECASE)),
    "no price in texts": _in_texts(re.compile(r"\d\s?(€|euro)", re.IGNORECASE)),
    "no allergen is absent": _claims,
    "category": lambda said, today: said.get("category") not in {None, *Category},
    "portions": lambda said, today: not _whole(said.get("portions"), 1000),
    "weight": lambda said, today: not _whole(said.get("weight_grams"), 100_000),
    "kind of date": lambda said, today: said.get("date_kind") not in {None, *DateKind},
    "date": _date,
    "cold chain": lambda said, today: said.get("cold_chain") not in (None, True, False),
    "urgency": lambda said, today: said.get("urgency") not in (None, "now", "today", "later"),
    "allergens": lambda said, today: (
        not isinstance(said.get("suspected_allergens") or [], list)
        or bool(set(said.get("suspected_allergens") or []) - set(Allergen))
    ),
    "gtin": _gtin,
    "batch": lambda said, today: said.get("batch") is not None and not re.fullmatch(r"[!-~]{1,20}", said["batch"]),
}
