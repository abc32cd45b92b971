"""Typeset PDF files with typst."""

import threading
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Final

from anyascii import anyascii
from pydantic_core import to_json

if TYPE_CHECKING:
    import typst

# What the fonts that come with typst can print: Latin, Greek, Cyrillic, Hebrew and Arabic letters, and punctuation.
# Every other character would be refused, and is written in Latin letters instead. A test prints each of these.
_PRINTABLE: Final = (
    (0x20, 0x7E),
    (0xA0, 0x17F),
    (0x386, 0x38A),
    (0x38C, 0x38C),
    (0x38E, 0x3A1),
    (0x3A3, 0x3CE),
    (0x400, 0x45F),
    (0x5D0, 0x5EA),
    (0x621, 0x63A),
    (0x641, 0x64A),
    (0x1E00, 0x1EFF),
    (0x2010, 0x2015),
    (0x2018, 0x201E),
    (0x2020, 0x2022),
    (0x2026, 0x2026),
    (0x202F, 0x202F),
    (0x2032, 0x2033),
    (0x2039, 0x203A),
    (0x20AC, 0x20AC),
    (0x2212, 0x2212),
)
_SYMBOLS: Final = ("So", "Sk", "Mn")
_compilers = threading.local()


def printable(text: str) -> str:
    """Return a text with only characters that our fonts have; others are written in Latin letters, as far as possible.

    Line breaks and control characters, which would also turn the direction of what follows, become spaces. Emojis are
    left out where other words remain.
    """
    text = unicodedata.normalize("NFC", text)
    words = "".join(
        letter for letter in text if _has_glyph(ord(letter)) or unicodedata.category(letter) not in _SYMBOLS
    )
    kept = words if words.strip() else text
    return "".join(letter if _has_glyph(ord(letter)) else _in_latin(letter) for letter in kept)


@cache
def _has_glyph(code: int) -> bool:
    return any(first <= code <= last for first, last in _PRINTABLE)


def _in_latin(letter: str) -> str:
    return anyascii(letter) if letter.isprintable() else " "


def _printed(value: object) -> object:
    """Return a value of JSON with only printable texts."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {name: _printed(one) for name, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_printed(one) for one in value]
    return value


def typeset(source: bytes, **inputs: object) -> bytes:
    """Return a PDF that screen readers can read. The source finds each input as JSON in `sys.inputs`.

    It takes up to a third of a second of processor time a page, so it is called in a thread.
    """
    return _compiled(source, ["ua-1"], _printed_inputs(inputs))


def typeset_to_keep(source: bytes, made_on: date, attached: bytes | None = None, **inputs: object) -> bytes:
    """Return a PDF to be kept for years: PDF/A-3a, which screen readers can read as well.

    made_on: the source finds it in `sys.inputs.made-on`, because PDF/A wants a date. attached: a text that the source
    attaches as a file, as `sys.inputs.attached`. The same inputs always give the same bytes.
    """
    made = {"year": made_on.year, "month": made_on.month, "day": made_on.day}
    beside = {"made-on": to_json(made).decode(), "attached": (attached or b"").decode()}
    return _compiled(source, ["a-3a", "ua-1"], _printed_inputs(inputs) | beside)


def _printed_inputs(inputs: Mapping[str, object]) -> dict[str, str]:
    return {name: to_json(_printed(value)).decode() for name, value in inputs.items()}


def _compiled(source: bytes, standards: "list[typst.PDFStandard]", inputs: dict[str, str]) -> bytes:
    made = _compiler().compile(source, format="pdf", pdf_standards=standards, sys_inputs=inputs)
    assert isinstance(made, bytes)  # noqa: S101  a list only for pictures of pages
    return made


def _compiler() -> "typst.Compiler":
    """Return this thread's compiler. It keeps the fonts, so each further page costs a few milliseconds."""
    import typst  # 7 MiB, which only processes that print need

    compiler: typst.Compiler | None = getattr(_compilers, "own", None)
    if compiler is None:
        # Only the fonts that come with typst, so that a page looks the same on every machine.
        fonts = typst.Fonts(include_system_fonts=False)
        compiler = _compilers.own = typst.Compiler(font_paths=fonts, ignore_system_fonts=True)
    return compiler
