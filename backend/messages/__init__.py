"""The texts people read when something is refused, in French and English, and which of the two they asked for."""

import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

# Werkzeug is here for this parser alone (q-values, `fr-CA`, `*`): Starlette has none.
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = ("fr", "en")


@lru_cache(maxsize=512)
def language_asked(accept_language: str) -> Language:
    """Choose between French and English by an Accept-Language header (RFC 9110 12.5.4); French when in doubt."""
    # Headers beyond any browser's are not kept in the cache's keys for long: the caller cuts them.
    best = parse_accept_header(accept_language, LanguageAccept).best_match(LANGUAGES, default="fr")
    return "en" if best == "en" else "fr"


@cache
def _texts(language: Language) -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_name(f"{language}.toml").read_text("utf-8"))


def problem_text(code: str, part: Literal["title", "detail"], language: Language) -> str | None:
    """Look up `[problems."<code>"]`; English details are not there: they are the facts' docstrings."""
    text = _texts(language)["problems"].get(code, {}).get(part)
    return str(text) if text is not None else None


def field_text(kind: str, language: Language) -> str:
    """Look up what to say of a field by the kind of mistake; an unknown kind says only that it is not accepted."""
    texts = _texts(language)["fields"]
    return str(texts.get(kind) or texts["other"])
