"""The texts people read when something is refused, in French and English, and which of the two they asked for."""

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = ("fr", "en")

# A language range's first subtag, or `*`, and its weight.
_RANGE = re.compile(r"(?:^|,)\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9-]+)?\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?(?=,|$)")


@lru_cache(maxsize=512)
def language_asked(accept_language: str) -> Language:
    """Choose between French and English by an Accept-Language header (RFC 9110 12.5.4); French when in doubt."""
    # Starlette has no negotiation, and Werkzeug's gives English to "fr-CA, en;q=0.5".
    wanted: dict[str, float] = {}
    for primary, quality in _RANGE.findall(accept_language):
        wanted.setdefault(primary.lower(), float(quality or 1))
    others = wanted.get("*", 0.0)
    french, english = wanted.get("fr", others), wanted.get("en", others)
    if french == english:
        named = [language for language in wanted if language in LANGUAGES]
        return "en" if english and named[:1] == ["en"] else "fr"
    return "en" if english > french else "fr"


@cache
def _texts(language: Language) -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_name(f"{language}.toml").read_text("utf-8"))


def problem_text(code: str, part: Literal["title", "detail"], language: Language) -> str | None:
    """Return the title or the detail of `[problems."<code>"]`; None where there is none."""
    text = _texts(language)["problems"].get(code, {}).get(part)
    return str(text) if text is not None else None


def field_text(kind: str, language: Language) -> str:
    """Look up what to say of a field by the kind of mistake; an unknown kind says only that it is not accepted."""
    texts = _texts(language)["fields"]
    return str(texts.get(kind) or texts["other"])


def no_show_text(words: str, language: Language, *, count: int, day: date | None) -> str:
    """Say what portions that were not collected mean for a beneficiary: `one`, `some` or `lowered`, until a day."""
    text = str(_texts(language)["no_shows"][words])
    on = f"{day:%d/%m/%Y}" if day is not None and language == "fr" else f"{day:%d %B %Y}" if day is not None else ""
    return text.replace("{count}", str(count)).replace("{day}", on)


def warning_text(code: str, language: Language) -> str:
    """Look up what a merchant is told about a draft."""
    return str(_texts(language)["warnings"][code])
