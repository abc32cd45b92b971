"""Render mail templates. A template is plain text, one per language; the HTML version is made from that text."""

import re
import unicodedata
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context, select_autoescape
from jinja2.runtime import Context
from markupsafe import Markup, escape

from backend.mail.links import HOME, LINKS, Link
from backend.time_zones import PARIS, zone_name
from backend.written_times import NO_BREAK_SPACE, written_day, written_hour

LANGUAGES = ("fr", "en")
_ACTION, _PICTURE, _HEAD = "=>", "=[] ", "=# "


@dataclass(frozen=True)
class Rendered:
    """A mail's parts."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of a mail. `as_it_stands`: lines to keep; `action`: what to do; `picture`: its id is the `link`.

    is_headed: whether the first of its lines says what the others are about, as the title of a lot does.
    """

    kind: Literal["words", "as_it_stands", "action", "picture", "footnote"]
    text: str
    link: str = ""
    is_headed: bool = False

    @property
    def is_code(self) -> bool:
        """Whether it is nothing but a code to type."""
        return re.fullmatch(r"[0-9A-Z]{6,12}", self.text) is not None


def rendered(
    template: str,
    locale: str,
    *,
    pictures: AbstractSet[str] = frozenset(),
    unsubscribe: str | None = None,
    sender: str | None = None,
    **values: Any,
) -> Rendered:
    """Return the mail rendered from `templates/<template>.<locale>.txt`; in French if the locale is unknown.

    The template's first line is the subject; blank lines separate paragraphs. Paragraphs indented by four spaces are
    shown line by line; `=# ` before the first one makes it their head. `=>` marks where the link of the event (`LINKS`)
    stands, a button in HTML; unmarked, it stands before the signature. `=[] Words | id` shows the picture of that id if
    it is one of `pictures`; without pictures it is left out. `sender` says below all that who sends the mail. Values,
    lists and dataclasses included, cannot add markup or paragraphs. Filters write days, times and amounts in the mail's
    language: `{{ day | day }}`, `{{ day | day(year=true) }}`, `{{ moment | day_in(zone) }}`,
    `{{ moment | time_in(zone) }} ({{ zone | zone_name }})`, `{{ start | window(end, zone) }}`, `{{ cents | euros }}`,
    `{{ grams | kilos }}`;
    a zone is an IANA name.
    Texts that several mails share stand in `templates/parts/`. Raises jinja2.UndefinedError if a value is missing.
    """
    language = _language(locale)
    subject, paragraphs = _read(template, language, values)
    paragraphs = [one for one in paragraphs if one.kind != "picture" or one.link in pictures]
    asked = LINKS.get(template, HOME)
    action = Paragraph("action", _words(asked, language), f"{values['public_url']}{asked.path.format(**values)}")
    marked = next((place for place, one in enumerate(paragraphs) if one.kind == "action"), None)
    if marked is None:
        paragraphs.insert(len(paragraphs) - 1, action)
    else:
        paragraphs[marked] = action
    if unsubscribe is not None:
        words = "Stop these e-mails" if language == "en" else "Ne plus recevoir ces e-mails"
        paragraphs.append(Paragraph("footnote", words, unsubscribe))
    if sender is not None:
        paragraphs.append(Paragraph("footnote", sender))
    text = "\n\n".join(_plain(one, language) for one in paragraphs if one.kind != "picture") + "\n"
    if language == "fr":
        paragraphs = [
            replace(one, text=_quoted(one.text) if one.kind == "as_it_stands" else _spaced(one.text))
            for one in paragraphs
        ]
    html = _templates().get_template("layout.html").render(subject=subject, language=language, paragraphs=paragraphs)
    return Rendered(subject, text, html)


def told(event: str, locale: str, **facts: Any) -> tuple[str, str, str | None]:
    """Return a notice's title, text and link: those of its mail, without greeting and signature.

    What a mail encloses, such as a pass or a code, is left out. The link is None if it is a secret too, or if there is
    nothing to do on a page of ours.
    """
    language = _language(locale)
    subject, paragraphs = _read(event, language, {**facts, **_NOT_TOLD})
    kept = [one for one in paragraphs[1:-1] if one.kind in ("words", "as_it_stands")]
    asked = LINKS.get(event, HOME)
    link = None if asked == HOME or asked.is_secret else f"{facts['public_url']}{asked.path.format(**facts)}"
    return subject, "\n\n".join(_plain(one, language) for one in kept), link


# What a mail encloses and a notice in the app does not repeat.
_NOT_TOLD = {"pass_code": "", "pass_pin": "", "secret_code": "", "secret_token": ""}


def _language(locale: str) -> str:
    return locale if locale in LANGUAGES else LANGUAGES[0]


def _words(asked: Link, language: str) -> str:
    return asked.en if language == "en" else asked.fr


def _read(template: str, language: str, values: dict[str, Any]) -> tuple[str, list[Paragraph]]:
    harmless = {name: _one_line(value) for name, value in values.items()}
    whole = _templates().get_template(f"{template}.{language}.txt").render(harmless, language=language)
    subject, _, text = whole.strip().partition("\n")
    return subject, [_paragraph(part) for part in re.split(r"\n{2,}", text.strip("\n"))]


def _paragraph(part: str) -> Paragraph:
    if part.startswith("    "):
        lines = "\n".join(line.removeprefix("    ") for line in part.splitlines())
        return Paragraph("as_it_stands", lines.removeprefix(_HEAD), is_headed=lines.startswith(_HEAD))
    # Values cannot begin a paragraph.
    if part == _ACTION:
        return Paragraph("action", "")
    if part.startswith(_PICTURE):
        words, _, link = part.removeprefix(_PICTURE).rpartition(" | ")
        return Paragraph("picture", words, link)
    return Paragraph("words", part)


def _plain(one: Paragraph, language: str) -> str:
    if one.kind == "as_it_stands":
        return "\n".join(f"    {line}" for line in one.text.splitlines())
    if one.kind in ("action", "footnote") and one.link:
        return f"{one.text}{' :' if language == 'fr' else ':'}\n    {one.link}"
    return one.text


def _one_line(value: Any) -> Any:
    if isinstance(value, str):
        return _isolated(" ".join(value.translate(_NO_BIDI_CONTROLS).split()))
    if isinstance(value, list | tuple):
        return [_one_line(one) for one in value]
    if isinstance(value, dict):
        return {name: _one_line(one) for name, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _one_line(getattr(value, field.name)) for field in fields(value)})
    return value


def _isolated(value: str) -> str:
    """Return a value that leaves the order of the words around it alone, also if it is written from right to left."""
    if any(unicodedata.bidirectional(letter) in ("R", "AL", "AN") for letter in value):
        return f"\N{FIRST STRONG ISOLATE}{value}\N{POP DIRECTIONAL ISOLATE}"
    return value


# Marks with which a name would turn the order of the words that follow it.
_NO_BIDI_CONTROLS = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))


def _spaced(paragraph: str) -> str:
    """Return French text whose marks stay on the line of the word they belong to."""
    return re.sub(r" (?=[:;!?€])", "\N{NO-BREAK SPACE}", _quoted(paragraph))


def _quoted(paragraph: str) -> str:
    """Return text whose quotation marks and hours (`18 h 45`, `18 h`) stay on the line of what they belong to."""
    return re.sub(r" (?=»)|(?<=«) |(?<=\d) (?=h\b)|(?<=\d h) (?=\d)", "\N{NO-BREAK SPACE}", paragraph)


def _unbroken(text: str) -> Markup:
    """Return text as HTML in which dates (`2026-11-30`) and people's codes stay on one line."""
    kept = r'<span style="white-space:nowrap">\g<0></span>'
    return Markup(re.sub(r"\b[0-9]{4}-(?:[0-9]{2}-[0-9]{2}|BEN-[0-9]{5})\b", kept, str(escape(text))))  # noqa: S704


def _moment(moment: datetime | str) -> datetime:
    """Return a time; the facts of notices hold times as they stand in JSON."""
    return datetime.fromisoformat(moment) if isinstance(moment, str) else moment


@pass_context
def _day(context: Context, day: date | str, *, year: bool = False) -> str:
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return written_day(day, context["language"], year=year)


@pass_context
def _day_in(context: Context, moment: datetime | str, zone: str, *, year: bool = False) -> str:
    return _day(context, _moment(moment).astimezone(ZoneInfo(zone)).date(), year=year)


@pass_context
def _time_in(context: Context, moment: datetime | str, zone: str) -> str:
    # Ordinary spaces: HTML gets those that keep an hour on one line, see `_quoted`.
    written = written_hour(_moment(moment).astimezone(ZoneInfo(zone)), context["language"])
    return written.replace(NO_BREAK_SPACE, " ")


@pass_context
def _window(context: Context, start: datetime | str, end: datetime | str, zone: str) -> str:
    until = _time_in(context, end, zone)
    first, last = (_day_in(context, moment, zone) for moment in (start, end))
    if first != last:
        until = f"{last}, {until}"
    name = "" if zone == PARIS else f" ({_zone_name(context, zone)})"
    return f"{first}, {_time_in(context, start, zone)} – {until}{name}"


@pass_context
def _zone_name(context: Context, zone: str) -> str:
    return zone_name(zone, context["language"])


@pass_context
def _euros(context: Context, cents: int) -> str:
    euros, rest = divmod(cents, 100)
    return f"€{euros}.{rest:02d}" if context["language"] == "en" else f"{euros},{rest:02d} €"


@pass_context
def _kilos(context: Context, grams: int) -> str:
    written = f"{grams / 1000:.3f}".rstrip("0").rstrip(".")
    return f"{written} kg" if context["language"] == "en" else f"{written.replace('.', ',')} kg"


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
    templates.filters.update(
        unbroken=_unbroken,
        day=_day,
        day_in=_day_in,
        time_in=_time_in,
        window=_window,
        zone_name=_zone_name,
        euros=_euros,
        kilos=_kilos,
    )
    return templates
