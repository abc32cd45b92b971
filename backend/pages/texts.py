"""The words of the pages: one folder of TOML files a language, plurals by CLDR, and French spacing.

`wording/fr/visitors.toml` holds what `t("visitors.…")` returns. A table with the keys `one`, `other` … is one text in
its plural forms; `n` chooses.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from babel import Locale

PageLanguage = Literal["fr", "en", "es", "ar"]
"""French and English everywhere; Spanish and Arabic at the kiosk."""

MOST_KEPT_FORMS = 1000
_FOLDER = Path(__file__).with_name("wording")
_PLURALS = frozenset({"zero", "one", "two", "few", "many", "other"})
_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")
_HOUR = re.compile(r"\b0?(\d{1,2}) h (\d\d)\b")
_NARROW, _WIDE = "\u202f", "\u00a0"


class Texts:
    """The texts of one language; an instance is called with a key, as in `t("common.portions", n=2)`."""

    def __init__(self, language: PageLanguage) -> None:
        self.language = language
        self.locale = Locale(language)
        self._forms: dict[int, str] = {}
        self._texts: dict[str, str | dict[str, str]] = {}
        for file in sorted((_FOLDER / language).glob("*.toml")):
            self._add(file.stem, tomllib.loads(file.read_text("utf-8")))

    def __call__(self, key: str, /, n: int | None = None, **values: object) -> str:
        """Return a text with its values filled in. n: the number that chooses the plural form. Raises KeyError."""
        text = self._texts[key]
        if isinstance(text, dict):
            if n is None:
                raise KeyError(f"{key} has plural forms and needs n")
            text = text.get(self._form(n), text["other"])
        if n is not None:
            values["n"] = n
        return text.format_map(values) if values else text

    def _form(self, n: int) -> str:
        """Return the plural form of a number. Those of small numbers are kept, because pages ask again and again."""
        form = self._forms.get(n)
        if form is None:
            form = str(self.locale.plural_form(n))
            if abs(n) < MOST_KEPT_FORMS:
                self._forms[n] = form
        return form

    def __contains__(self, key: str) -> bool:
        return key in self._texts

    def template(self, key: str) -> str:
        """Return a text as it is written, with its places for values; for plural forms that of `other`."""
        text = self._texts[key]
        return text["other"] if isinstance(text, dict) else text

    @property
    def templates(self) -> list[str]:
        """All texts as they are written."""
        return [self.template(key) for key in self._texts]

    @property
    def keys(self) -> frozenset[str]:
        """The keys of all texts."""
        return frozenset(self._texts)

    @property
    def direction(self) -> str:
        """The direction of writing: `ltr` or `rtl`."""
        return str(self.locale.text_direction)

    def _add(self, key: str, found: Mapping[str, Any]) -> None:
        if "other" in found and found.keys() <= _PLURALS:
            self._texts[key] = {form: self._spaced(str(text)) for form, text in found.items()}
            return
        for name, value in found.items():
            if isinstance(value, Mapping):
                self._add(f"{key}.{name}", value)
            else:
                self._texts[f"{key}.{name}"] = self._spaced(str(value))

    def _spaced(self, text: str) -> str:
        return french_spaces(text) if self.language == "fr" else text

    def typeset(self, text: str) -> str:
        """Return a text of this language that the API answered, with the apostrophes, spaces and hours of the pages."""
        if self.language != "fr":
            return text
        return _HOUR.sub(_hour, french_spaces(_APOSTROPHE.sub("’", text)))


def _hour(found: re.Match[str]) -> str:
    hour, minutes = found.groups()
    return f"{hour}{_WIDE}h" if minutes == "00" else f"{hour}{_WIDE}h{_WIDE}{minutes}"


def french_spaces(text: str) -> str:
    """Return a French text with no-break spaces before its punctuation and within its quotation marks."""
    text = re.sub(r" ([;!?%€])", _NARROW + r"\1", text)
    text = re.sub(r" (:)(?=\s|$)", _WIDE + r"\1", text)
    return re.sub(r"« ", "«" + _WIDE, re.sub(r" »", _WIDE + "»", text))


@cache
def texts(language: PageLanguage) -> Texts:
    """Return the texts of a language, read once."""
    return Texts(language)
