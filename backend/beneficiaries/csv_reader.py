"""Read CSV files as spreadsheets in France write them, line by line; a bad line does not stop the others.

It accepts UTF-8, UTF-16, Windows-1252, ISO-8859-15, Mac and DOS encodings; `;`, `,`, tab and `|` as separators; headers
in French or English; days as 31/03/1990 or 1990-03-31. It does not use the database.
"""

import codecs
import csv
import io
import re
import unicodedata
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

SEPARATORS = ";,\t|"
EMPTY = " " + SEPARATORS
LONGEST_LINE = 20_000  # characters; a person needs some hundred
LONGEST_CELL = 1_000  # characters; a longer cell is not cleaned, since no field accepts it
MOST_LINES = 2_000_000  # with the empty ones; twice as many as a spreadsheet can hold
MOST_LINES_OF_A_RECORD = 20
PIECE = 1 << 16  # bytes read at once
ENOUGH_WORDS = 5_000
LONGEST_WORD = 60

_NAMES = {
    "first_name": "prenom prenoms prenomusuel firstname givenname forename",
    "last_name": "nom nomdefamille nomusuel nomdusage lastname surname familyname",
    "birth_date": "datedenaissance naissance datenaissance neele nele nee ddn birthdate dateofbirth birthday dob",
    "household_size": "foyer tailledufoyer taillefoyer nombredepersonnes nombredepersonnesaufoyer personnesaufoyer"
    " nbpersonnes nbpersonnesfoyer compositiondufoyer household householdsize",
    "eligible_until": "eligiblejusquau eligiblejusqua findedroit findedroits findudroit findesdroits datedefindedroit"
    " datedefindedroits datefindedroits datefindroits droitjusquau droitsjusquau jusquau eligibleuntil until",
    "email": "email courriel mail mel adressemail adresseemail adresseelectronique emailaddress",
    "phone": "telephone tel portable mobile numerodetelephone telephonemobile telephoneportable phone phonenumber",
}
_FIELDS = {name: field for field, names in _NAMES.items() for name in names.split()}
NEEDED = ("first_name", "last_name", "birth_date", "eligible_until")
TEMPLATE = """\
prénom;nom;date de naissance;taille du foyer;éligible jusqu'au;courriel;téléphone
Amina;Diallo;12/04/1987;3;30/06/2030;amina@example.org;+33 6 12 34 56 78
""".replace("\n", "\r\n")

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")
# In the order of preference when a file is equally plausible in several.
_ONE_BYTE = ("cp1252", "iso8859-15", "mac-roman", "cp850")
# How common letters beyond ASCII are in names here, roughly. This tells one encoding from another.
_COMMON = {
    **{"é": 10, "è": 6, "ç": 5, "ë": 5, "ï": 5, "î": 4, "ê": 3, "ñ": 3, "ô": 3, "â": 2, "ö": 2, "û": 2, "ü": 2, "œ": 2},
    **dict.fromkeys("àáäæíóùúÿãõšž", 1),
}
_APOSTROPHE = "\u2019"  # as spreadsheets write it, in d'Ancône
_ELIDED = re.compile(f"(?:^|[dlqu]){_APOSTROPHE}", re.IGNORECASE)
_BETWEEN_WORDS = re.compile(rb"[^A-Za-z\x80-\xff'-]+")

_DAY = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?: +00:00(?::00)?)?")
_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00)?)?")
_FORMULA_TEXT = re.compile(r'="(.*)"')
_DUTCH = re.compile(r"'[ts][ -]", re.IGNORECASE)
_LINE_END = re.compile(r"[\r\n]+$")
_SEPARATOR_SAID = re.compile(r'"?sep=(.)"?[\s;,]*', re.IGNORECASE)
_SPACES = re.compile("[ \t\r\n\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
_UNSEEN = dict.fromkeys(map(ord, "\ufeff\u200b\u200e\u200f\u00ad"))
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class NotASheet(Exception):
    """Raised when a file is empty, is a workbook, or is not text in any encoding."""


class ColumnsWrong(Exception):
    """Raised when the header lacks columns, or has some that are unknown or appear twice."""

    def __init__(self, mistakes: list[tuple[str, str]]) -> None:
        super().__init__("columns")
        self.mistakes = mistakes
        """Pairs of a place and a mistake. A place is a field, or `column.D` as spreadsheets name columns; a mistake is
        `column_missing`, `column_unknown` or `column_twice`."""


class TooManyLines(Exception):
    """Raised when a file has more lines than are accepted."""


@dataclass(frozen=True)
class Sheet:
    """How to read a file: its encoding, its separator, the field of each column, and the line of its header."""

    encoding: str
    separator: str
    fields: tuple[str | None, ...]
    header_line: int


@dataclass(frozen=True)
class Row:
    """The line of one person: its number in the file (the first is 1), its cells by field, and its mistakes."""

    line: int
    cells: Mapping[str, str]
    mistakes: tuple[tuple[str, str], ...] = ()


def sheet_of(file: BinaryIO) -> Sheet:
    """Detect how to read a file. Raises NotASheet, ColumnsWrong, TooManyLines."""
    encoding = encoding_of(file)
    lines = _lines(file, encoding)
    for number, line in lines:
        if line is None:
            raise NotASheet
        if declared := _SEPARATOR_SAID.fullmatch(line):
            separators = declared[1] if declared[1] in SEPARATORS else SEPARATORS
            header = next(((n, text) for n, text in lines if text and text.strip()), None)
            if header is None:
                raise NotASheet
            return _sheet(encoding, separators, *header)
        if line.strip(EMPTY):
            return _sheet(encoding, SEPARATORS, number, line)
    raise NotASheet


def rows(file: BinaryIO, sheet: Sheet) -> Iterator[Row]:
    """Yield each line that is not empty. A broken line has no cells, and says what is wrong with it."""
    for number, cells in _records(file, sheet):
        if isinstance(cells, str):
            yield Row(number, {}, (("line", cells),))
            continue
        cleaned = [_cleaned(cell) for cell in cells]
        if not any(cleaned):
            continue
        if any(sheet.fields[place : place + 1] in ((), (None,)) for place, cell in enumerate(cleaned) if cell):
            yield Row(number, {}, (("line", "cell_without_column"),))
            continue
        named = {field: cell for field, cell in zip(sheet.fields, cleaned, strict=False) if field and cell}
        mistakes = [(field, "control_character") for field, cell in named.items() if _CONTROL.search(cell)]
        mistakes += [(field, "characters_lost") for field, cell in named.items() if "\ufffd" in cell]
        yield Row(number, named, tuple(mistakes))


def most_rows(file: BinaryIO, sheet: Sheet, most: int) -> int:
    """Return an upper limit of the number of lines that `rows` yields, without cleaning cells. Raises TooManyLines."""
    count = 0
    for count, _ in enumerate(_records(file, sheet), 1):
        if count > most:
            raise TooManyLines
    return count


def day_in(cell: str) -> date | str:
    """Return the date in a cell (31/03/1990 or 1990-03-31), or the mistake in it.

    A year of two digits is a mistake, because its century is unknown.
    """
    if iso := _ISO_DAY.fullmatch(cell):
        year, month, day = iso[1], iso[2], iso[3]
    elif french := _DAY.fullmatch(cell):
        day, month, year = french[1], french[3], french[4]
        if len(year) == 2:
            return "year_of_two_digits"
    else:
        return "sheet_day"
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return "sheet_day"


def number_in(cell: str) -> int | str:
    """Return the whole number in a cell (`3` or `3,00`), or the mistake in it."""
    whole = re.fullmatch(r"(\d{1,9})(?:[.,]0+)?", cell)
    return int(whole[1]) if whole else "int_parsing"


def encoding_of(file: BinaryIO) -> str:
    """Return the encoding of a file.

    A byte order mark decides; without one it is UTF-8 if the file is valid UTF-8; otherwise the encoding in which its
    accents make the most plausible French words. Raises NotASheet.
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
    if _is_utf_8(file):
        return "utf-8"
    words = _words_beyond_ascii(file)
    if _mostly_utf_8(words):
        return "utf-8"  # damaged in places; those lines are reported
    return max(_ONE_BYTE, key=lambda name: (_plausible(words, name), -_ONE_BYTE.index(name)))


def _is_utf_8(file: BinaryIO) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := file.read(PIECE):
            decoder.decode(piece)
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


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


def _plausible(words: list[bytes], encoding: str) -> int:
    """Return how plausible these words are in an encoding: usual French accents, in the case of the other letters."""
    score = 0
    for word in words:
        text = word.decode(encoding, "replace")
        lower = sum("a" <= sign <= "z" for sign in text)
        upper = sum("A" <= sign <= "Z" for sign in text)
        score += 4 * len(_ELIDED.findall(text))
        for place, sign in enumerate(text):
            if sign.isascii() or sign == _APOSTROPHE:
                continue
            if sign in _COMMON:
                score += _COMMON[sign] if lower or not upper else -1
            elif sign.lower() in _COMMON:
                score += 2 if place == 0 or upper > lower else -1
            else:
                score -= 2
    return score


def _sheet(encoding: str, separators: str, number: int, line: str) -> Sheet:
    tried = []
    for separator in separators:
        cells = _cells(line, separator)
        names = [] if isinstance(cells, str) else [_field_of(_cleaned(cell)) for cell in cells]
        tried.append((sum(1 for name in names if name in NEEDED or name in _NAMES), len(names), separator, names))
    known, _, separator, fields = max(tried, key=lambda one: (one[0], one[1]))
    while fields and fields[-1] is None:
        fields.pop()
    mistakes = [(name, "column_missing") for name in NEEDED if name not in fields]
    for place, field in enumerate(fields):
        if field == "?":
            mistakes.append((f"column.{_letters(place)}", "column_unknown"))
        elif field is not None and field in fields[:place]:
            mistakes.append((f"column.{_letters(place)}", "column_twice"))
    if mistakes:
        # If no column is known, the first line is not a header, and naming its columns would not help.
        raise ColumnsWrong(mistakes if known else [one for one in mistakes if one[1] == "column_missing"])
    return Sheet(encoding, separator, tuple(fields), number)


def _field_of(header: str) -> str | None:
    if len(header) > LONGEST_CELL:
        return "?"
    plain = "".join(s for s in unicodedata.normalize("NFKD", header.casefold()) if s.isascii() and s.isalnum())
    return _FIELDS.get(plain, "?") if header else None


def _letters(place: int) -> str:
    """Return the name of a column as in spreadsheets: A, B, … Z, AA."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name


def _records(file: BinaryIO, sheet: Sheet) -> Iterator[tuple[int, list[str] | str]]:
    """Yield each record with the number of its first line: its cells, or the mistake in it.

    A quotation mark that is never closed breaks only its own line: the lines after it are read again.
    """
    lines = _lines(file, sheet.encoding)
    ahead: deque[tuple[int, str | None]] = deque()
    while (read := ahead.popleft() if ahead else next(lines, None)) is not None:
        number, line = read
        if number <= sheet.header_line:
            continue
        if line is None:
            yield number, "line_too_long"
            continue
        if '"' not in line:
            # Spreadsheets write a million empty rows when somebody has formatted a whole column.
            if line.strip(EMPTY):
                yield number, line.split(sheet.separator)
            continue
        cells = _cells(line, sheet.separator)
        taken: list[tuple[int, str | None]] = []
        whole = line
        while cells == "quote_open" and len(taken) < MOST_LINES_OF_A_RECORD and len(whole) < LONGEST_LINE:
            more = ahead.popleft() if ahead else next(lines, None)
            if more is None:
                break
            taken.append(more)
            if more[1] is None:
                break
            whole += "\n" + more[1]
            if '"' in more[1]:
                cells = _cells(whole, sheet.separator)
        if isinstance(cells, str):
            ahead.extendleft(reversed(taken))
            yield number, "quotes_wrong"
        else:
            yield number, cells


def _cells(record: str, separator: str) -> list[str] | str:
    if '"' not in record:
        return record.split(separator)
    try:
        read = list(csv.reader(io.StringIO(record, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        return "quote_open" if "unexpected end" in str(error) else "quotes_wrong"
    return read[0] if len(read) == 1 else "quotes_wrong"


def _lines(file: BinaryIO, encoding: str) -> Iterator[tuple[int, str | None]]:
    """Yield each line of the file with its number and without its line end; None for a line that is too long.

    Raises TooManyLines.
    """
    file.seek(0)
    text = io.TextIOWrapper(io.BufferedReader(_StaysOpen(file), PIECE), encoding, errors="replace", newline="")
    number = 0
    while line := text.readline(LONGEST_LINE):
        number += 1
        if number > MOST_LINES:
            raise TooManyLines
        if len(line) == LONGEST_LINE and line[-1] not in "\r\n":
            while (rest := text.readline(LONGEST_LINE)) and rest[-1] not in "\r\n":
                pass
            yield number, None
        else:
            yield number, _LINE_END.sub("", line)


class _StaysOpen(io.RawIOBase):
    """A file that is not closed when its reader is garbage collected."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        read = self._file.read(len(view))
        view[: len(read)] = read
        return len(read)


def _cleaned(cell: str) -> str:
    """Return a cell without surrounding spaces of any kind, and without the `'` or `="…"` by which a cell is text."""
    if cell.isascii() and cell.isalnum():
        return cell
    # Normalising many combining accents takes time in the square of their number, and would delay other requests.
    if len(cell) > LONGEST_CELL:
        return cell.strip()
    plain = _SPACES.sub(" ", unicodedata.normalize("NFC", cell).translate(_UNSEEN)).strip(" ")
    if formula := _FORMULA_TEXT.fullmatch(plain):
        plain = formula[1].strip(" ")
    if plain.startswith("'") and not _DUTCH.match(plain):
        plain = plain[1:].strip(" ")
    return plain
