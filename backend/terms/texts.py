"""The texts of the repository: `texts/<kind>/<version>/<language>.md`, with the operator's name filled in."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from backend.problems.texts import Language
from backend.settings import settings

TEXTS = Path(__file__).with_name("texts")


@dataclass(frozen=True)
class Text:
    """A text in one language. markdown: without its first line, which is the title."""

    title: str
    markdown: str


@cache
def text_of(kind: str, version: str, language: Language) -> Text | None:
    """Return one version of a text in one language; None if there is no such file.

    kind, version: checked by the caller to be a kind and a version, because they become a path.
    """
    file = TEXTS / kind / version / f"{language}.md"
    if not file.is_file():
        return None
    first, _, rest = file.read_text("utf-8").partition("\n")
    for name, value in settings().operator[language].items():
        rest = rest.replace(f"{{{name}}}", value)
    return Text(first.removeprefix("# "), rest.strip() + "\n")
