"""Templates → subject, plain text and HTML. Each mail is written once a language, as text; the HTML is made from it."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

LANGUAGES = ("fr", "en")


@dataclass(frozen=True)
class Rendered:
    """A mail's parts."""

    subject: str
    text: str
    html: str


def rendered(template: str, locale: str, **values: Any) -> Rendered:
    """Render `templates/<template>.<locale>.txt`: first its subject, then paragraphs set apart by blank lines.

    Indented paragraphs are shown as they stand. Values are never taken for markup, nor for paragraphs of ours.
    Raises jinja2.UndefinedError when a value is missing.
    """
    language = locale if locale in LANGUAGES else LANGUAGES[0]
    harmless = {name: _one_line(value) for name, value in values.items()}
    whole = _templates().get_template(f"{template}.{language}.txt").render(harmless)
    subject, _, text = whole.strip().partition("\n")
    text = text.strip() + "\n"
    paragraphs = [(part.startswith("    "), _unindented(part)) for part in re.split(r"\n{2,}", text.strip("\n"))]
    html = _templates().get_template("layout.html").render(subject=subject, language=language, paragraphs=paragraphs)
    return Rendered(subject, text, html)


def _one_line(value: Any) -> Any:
    return " ".join(value.split()) if isinstance(value, str) else value


def _unindented(paragraph: str) -> str:
    return "\n".join(line.removeprefix("    ") for line in paragraph.splitlines())


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=False,
    )
