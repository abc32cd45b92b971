"""Render mail templates. A template is plain text, one per language; the HTML version is made from that text."""

import re
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context, select_autoescape
from jinja2.runtime import Context

from backend.time_zones import zone_name

LANGUAGES = ("fr", "en")


@dataclass(frozen=True)
class Rendered:
    """A mail's parts."""

    subject: str
    text: str
    html: str


def rendered(template: str, locale: str, **values: Any) -> Rendered:
    """Return the mail rendered from `templates/<template>.<locale>.txt`; in French if the locale is unknown.

    The template's first line is the subject; blank lines separate paragraphs. Paragraphs indented by four spaces are
    shown preformatted. Values, lists and dataclasses included, cannot add markup or paragraphs. Filters write days,
    times and amounts in the mail's language: `{{ day | day }}`, `{{ moment | day_in(zone) }}`,
    `{{ moment | time_in(zone) }} ({{ zone | zone_name }})`, `{{ cents | euros }}`; a zone is an IANA name.
    Texts that several mails share stand in `templates/parts/`. Raises jinja2.UndefinedError if a value is missing.
    """
    language = locale if locale in LANGUAGES else LANGUAGES[0]
    harmless = {name: _one_line(value) for name, value in values.items()}
    whole = _templates().get_template(f"{template}.{language}.txt").render(harmless, language=language)
    subject, _, text = whole.strip().partition("\n")
    text = text.strip() + "\n"
    paragraphs = [(part.startswith("    "), _unindented(part)) for part in re.split(r"\n{2,}", text.strip("\n"))]
    if language == "fr":
        paragraphs = [(as_it_stands, part if as_it_stands else _spaced(part)) for as_it_stands, part in paragraphs]
    html = _templates().get_template("layout.html").render(subject=subject, language=language, paragraphs=paragraphs)
    return Rendered(subject, text, html)


def _one_line(value: Any) -> Any:
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, list | tuple):
        return [_one_line(one) for one in value]
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _one_line(getattr(value, field.name)) for field in fields(value)})
    return value


def _spaced(paragraph: str) -> str:
    """Return French text whose marks stay on the line of the word they belong to."""
    return re.sub(r" (?=[:;!?»€])|(?<=«) ", "\N{NO-BREAK SPACE}", paragraph)


def _unindented(paragraph: str) -> str:
    return "\n".join(line.removeprefix("    ") for line in paragraph.splitlines())


@pass_context
def _day(context: Context, day: date) -> str:
    return day.isoformat() if context["language"] == "en" else f"{day:%d/%m/%Y}"


@pass_context
def _day_in(context: Context, moment: datetime, zone: str) -> str:
    return _day(context, moment.astimezone(ZoneInfo(zone)).date())


@pass_context
def _time_in(context: Context, moment: datetime, zone: str) -> str:
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local:%H:%M}" if context["language"] == "en" else f"{local:%H} h {local:%M}"


@pass_context
def _zone_name(context: Context, zone: str) -> str:
    return zone_name(zone, context["language"])


@pass_context
def _euros(context: Context, cents: int) -> str:
    euros, rest = divmod(cents, 100)
    return f"€{euros}.{rest:02d}" if context["language"] == "en" else f"{euros},{rest:02d} €"


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=False,
        keep_trailing_newline=True,  # of a part, before the blank line that follows its include
    )
    templates.filters.update(day=_day, day_in=_day_in, time_in=_time_in, zone_name=_zone_name, euros=_euros)
    return templates
