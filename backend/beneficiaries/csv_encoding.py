"""Find out the encoding of a CSV file: what its sender declares if it fits, else what its bytes say.

Windows-1252 is what spreadsheets in France write when they do not write UTF-8. So among the encodings of one byte a
letter it holds unless the words make no sense in it and clearly more in another.
"""

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

PIECE = 1 << 16  # bytes read at once
ENOUGH_WORDS = 5_000
LONGEST_WORD = 60

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")
# Encodings that a declaration may name, as Python calls them. UTF-16 is told by its bytes.
_DECLARABLE = re.compile(r"utf-8|cp125[0-8]|cp437|cp8(5\d|6\d)|iso8859-\d+|mac-\w+|koi8-[ru]")
_MEANT = {"iso8859-1": "cp1252", "utf-8-sig": "utf-8"}  # as browsers read ISO-8859-1
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")

_OTHERS = ("iso8859-15", "mac-roman", "cp850")
CLEARLY = 8
"""By so many points another encoding has to be more plausible than Windows-1252."""
# How common letters beyond ASCII are in names here, roughly.
_COMMON = {
    **{"é": 10, "è": 6, "ç": 5, "ë": 5, "ï": 5, "î": 4, "ê": 3, "ñ": 3, "ô": 3, "š": 3, "ž": 3},
    **{"â": 2, "ö": 2, "û": 2, "ü": 2, "œ": 2},
    **dict.fromkeys("àáäæíóùúÿãõ", 1),
}
_NONSENSE = -12
_ELIDED = re.compile("(?:^|[dlqu])\u2019", re.IGNORECASE)
# Signs that stand in French texts: between two letters, or beside a word. They count about as much as the letters
# for which another encoding takes them.
_BETWEEN_LETTERS = {**dict.fromkeys("\u2018\u2019\u00b4\u2013\u2014", 3), "\u00a0": 1}
_BESIDE_WORDS = frozenset(
    "\u2018\u2019\u2013\u2014\u00a0\u2026\u2022\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a"
    "\u20ac\u00b0\u00aa\u00ba\u00b2\u00b3\u2122\u00a9\u00ae"
)
_BETWEEN_WORDS = re.compile(rb"[^A-Za-z\x80-\xff'-]+")


class NotASheet(Exception):
    """Raised when a file is empty, is a workbook, or is not text in any encoding."""


def encoding_of(file: BinaryIO, declared: str | None = None) -> str:
    """Return the encoding of a file. Raises NotASheet.

    A byte order mark decides. Then `declared`, the charset in the Content-Type, if the whole file can be read in it.
    Then UTF-8, if the file is valid or nearly valid UTF-8; else the encoding in which its words are plausible.
    """
    file.seek(0)
    begin = file.read(4096)
    if not begin.strip() or begin.startswith(_WORKBOOKS):
        raise NotASheet
    for mark, name in _MARKS:
        if begin.startswith(mark):
            return name
    if 0 in begin[:2]:
        return "utf-16-be" if begin[0] == 0 else "utf-16-le"
    if begin.count(0) * 20 > len(begin):
        raise NotASheet
    if (named := _known(declared)) and _can_be_read(file, named):
        return named
    if _can_be_read(file, "utf-8", controls=True):
        return "utf-8"
    words = _words_beyond_ascii(file)
    if _mostly_utf_8(words):
        return "utf-8"  # damaged in places; those lines are reported
    different = set(words)  # a word says no more for being there a thousand times
    other = max(_OTHERS, key=lambda name: _plausible(different, name))
    return other if _plausible(different, other) >= _plausible(different, "cp1252") + CLEARLY else "cp1252"


def _known(declared: str | None) -> str | None:
    """Return a declared charset as Python calls it; None if it is none that a sheet is written in."""
    try:
        name = codecs.lookup((declared or "").strip()).name
    except (LookupError, ValueError):
        return None
    name = _MEANT.get(name, name)
    return name if _DECLARABLE.fullmatch(name) else None


def _can_be_read(file: BinaryIO, encoding: str, *, controls: bool = False) -> bool:
    """Return whether each byte is a character in this encoding, and, unless `controls`, none a control character."""
    try:
        return all(controls or not _CONTROL.search(text) for text in _decoded(file, encoding))
    except UnicodeDecodeError:
        return False


def _decoded(file: BinaryIO, encoding: str) -> Iterator[str]:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    while piece := file.read(PIECE):
        yield decoder.decode(piece)
    yield decoder.decode(b"", True)


def _words_beyond_ascii(file: BinaryIO) -> list[bytes]:
    """Return words with bytes beyond ASCII, about ENOUGH_WORDS at most."""
    file.seek(0)
    words: list[bytes] = []
    while len(words) < ENOUGH_WORDS and (piece := file.read(PIECE)):
        words += [word[:LONGEST_WORD] for word in _BETWEEN_WORDS.split(piece) if not word.isascii()]
    return words


def _mostly_utf_8(words: list[bytes]) -> bool:
    whole = sum(1 for word in words if "\ufffd" not in word.decode("utf-8", "replace"))
    return whole * 10 > len(words) * 9


def _plausible(words: set[bytes], encoding: str) -> int:
    """Return how plausible these words are in an encoding, in points; nonsense counts below zero."""
    return sum(_points(word.decode(encoding, "replace")) for word in words)


def _points(word: str) -> int:
    """Return a word's points, for usual accents in the case of the other letters and for signs where French has them.

    A small accented letter among capitals is no nonsense: keyboards have no É, so people write RENéE.
    """
    lower = sum("a" <= sign <= "z" for sign in word)
    upper = sum("A" <= sign <= "Z" for sign in word)
    points = 4 * len(_ELIDED.findall(word))
    for place, sign in enumerate(word):
        if sign.isascii():
            continue
        if sign.isalpha():
            points += _points_of_a_letter(sign, first=place == 0, lower=lower, upper=upper)
            continue
        beside = [word[at].isalpha() for at in (place - 1, place + 1) if 0 <= at < len(word)]
        if sign in "\ufffd\u00a4" or _CONTROL.match(sign):  # "¤" has made way for "€"
            points += _NONSENSE
        elif beside == [True, True]:
            points += _BETWEEN_LETTERS.get(sign, _NONSENSE)
        elif sign in _BESIDE_WORDS:
            points += 2
        else:
            points += _NONSENSE if any(beside) else -2
    return points


def _points_of_a_letter(letter: str, *, first: bool, lower: int, upper: int) -> int:
    small = _COMMON.get(letter)
    if small is not None:
        usual = small if lower or not upper else 2
        return min(usual, 2) if first and lower else usual
    if letter.lower() in _COMMON:
        return 2 if first or upper > lower else -4
    return -2
