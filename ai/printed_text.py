"""Printed text as an OCR program finds it: words in lines, each with its place in the picture."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass

_PAGE_LEVEL, _WORD_LEVEL = "1", "5"


@dataclass(frozen=True, slots=True)
class Word:
    """One word and its box in px, from the picture's upper left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """Return the height of the box."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Line:
    """Words that stand in a row without a large gap, from left to right. There is at least one."""

    words: tuple[Word, ...]


def lines_of_text(text: str) -> list[Line]:
    """Return the lines of a plain text as if they were printed with letters of one width; empty lines count nothing."""
    printed = []
    for number, line in enumerate(filter(None, map(str.strip, text.splitlines()))):
        words, at = [], 0
        for word in line.split():
            at = line.index(word, at)
            words.append(Word(word, 10.0 * at, 30.0 * number, 10.0 * (at + len(word)), 30.0 * number + 20))
            at += len(word)
        printed.append(Line(tuple(words)))
    return printed


def lines_of_tsv(tsv: str) -> list[list[Line]]:
    """Return the lines of each page that tesseract wrote as TSV. Rows of any other form are ignored."""
    pages: dict[str, dict[tuple[str, ...], list[Word]]] = {}
    for row in tsv.splitlines():
        cells = row.split("\t")
        if len(cells) != 12 or cells[0] not in (_PAGE_LEVEL, _WORD_LEVEL):
            continue
        words = pages.setdefault(cells[1], {})
        place, text = tuple(cells[2:5]), cells[11].strip()
        try:
            left, top, width, height = map(int, cells[6:10])
        except ValueError:
            continue
        if cells[0] == _WORD_LEVEL and text:
            words.setdefault(place, []).append(Word(text, left, top, left + width, top + height))
    return [[Line(tuple(words)) for words in lines.values()] for lines in pages.values()]


def slope(lines: Iterable[Line]) -> float:
    """Return by how many px lines go down for each px to the right: 0 for text that is level."""
    rises = []
    for line in lines:
        first, last = line.words[0], line.words[-1]
        run = (last.left + last.right - first.left - first.right) / 2
        if run > 4 * first.height:
            rises.append((last.bottom + last.top - first.bottom - first.top) / 2 / run)
    return statistics.median(rises) if rises else 0.0
