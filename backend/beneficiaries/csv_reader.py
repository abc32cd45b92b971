"""Read CSV files as spreadsheets in France write them, line by line; a bad line does not stop the others.

It accepts the encodings of csv_encoding.py; `;`, `,`, tab and `|` as separators; titles above the header; headers in
French or English; days as 31/03/1990 or 1990-03-31. It does not use the database.
"""

import csv
import io
import re
import unicodedata
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import dropwhile, islice
from typing import BinaryIO

from backend.beneficiaries.csv_encoding import PIECE, NotASheet, encoding_of

SEPARATORS = ";,\t|"
EMPTY = " " + SEPARATORS
LONGEST_LINE = 20_000  # characters; a person needs some hundred
LONGEST_CELL = 1_000  # characters; a longer cell is not cleaned, since no field accepts it
MOST_LINES = 2_000_000  # with the empty ones; twice as many as a spreadsheet can hold
MOST_LINES_OF_A_RECORD = 20
HEADER_WITHIN = 20  # records; an export's title, date and filters stand above its header
MOST_COLUMNS = 200  # in which a header is looked for

_NAMES = {
    "first_name": "prenom prenoms prenomusuel firstname givenname forename",
    "last_name": "nom nomdefamille nomusuel nomdusage nomdenaissance nomnaissance nomdejeunefille nompatronymique"
    " lastname surname familyname birthname maidenname",
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

# Programs add midnight to a day. With a time zone it is still midnight of the day that is written.
_MIDNIGHT = r"(?:(?:T| +)0{1,2}:00(?::00(?:[.,]0+)?)?(?: ?(?:Z|UTC|[+-]\d{2}:?\d{2}))?)?"
_DAY = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})" + _MIDNIGHT)
_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})" + _MIDNIGHT)
_FORMULA_TEXT = re.compile(r'="(.*)"')
_DUTCH = re.compile(r"'[ts][ -]", re.IGNORECASE)
_LINE_END = re.compile(r"[\r\n]+$")
_SEPARATOR_SAID = re.compile(r'"?sep=(.)"?[\s;,]*', re.IGNORECASE)
_SPACES = re.compile("[ \t\r\n\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
_UNSEEN = dict.fromkeys(map(ord, "\ufeff\u200b\u200e\u200f\u00ad"))
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


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


def sheet_of(file: BinaryIO, charset: str | None = None) -> Sheet:
    """Detect how to read a file. charset: the one that its sender declared.

    The header is the record, among the first HEADER_WITHIN, that names most of our fields. Raises NotASheet,
    ColumnsWrong, TooManyLines.
    """
    encoding = encoding_of(file, charset)
    lines = dropwhile(lambda read: read[1] is not None and not read[1].strip(EMPTY), _lines(file, encoding))
    begin = list(islice(lines, HEADER_WITHIN + MOST_LINES_OF_A_RECORD))
    separators = SEPARATORS
    if begin and (said := _SEPARATOR_SAID.fullmatch(begin[0][1] or "")):
        begin = begin[1:]
        separators = said[1] if said[1] in SEPARATORS else SEPARATORS
    headers = [
        _Header(separator, record.last_line, record.cells, _known(record.cells[:MOST_COLUMNS]))
        for separator in separators
        for record in islice(_records(iter(begin), separator), HEADER_WITHIN)
        if not isinstance(record.cells, str)
    ]
    if not headers:
        raise NotASheet
    return _sheet(encoding, max(headers, key=lambda header: (header.known, -header.last_line, len(header.cells))))


def rows(file: BinaryIO, sheet: Sheet) -> Iterator[Row]:
    """Yield each line that is not empty. A broken line has no cells, and says what is wrong with it."""
    for record in _below_the_header(file, sheet):
        number = record.line
        if isinstance(record.cells, str):
            yield Row(number, {}, (("line", record.cells),))
            continue
        cleaned = [_cleaned(cell) for cell in record.cells]
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
    for count, _ in enumerate(_below_the_header(file, sheet), 1):
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


@dataclass(frozen=True)
class _Header:
    """A record that may be the header, and how many of its cells name a field of ours."""

    separator: str
    last_line: int
    cells: list[str]
    known: int


def _sheet(encoding: str, header: _Header) -> Sheet:
    fields = [_field_of(_cleaned(cell)) for cell in header.cells]
    while fields and fields[-1] is None:
        fields.pop()
    mistakes = [(name, "column_missing") for name in NEEDED if name not in fields]
    for place, field in enumerate(fields):
        if field == "?":
            mistakes.append((f"column.{_letters(place)}", "column_unknown"))
        elif field is not None and field in fields[:place]:
            mistakes.append((f"column.{_letters(place)}", "column_twice"))
    if mistakes:
        # If no column is known, there is no header, and naming the columns of a line would not help.
        raise ColumnsWrong(mistakes if header.known else [one for one in mistakes if one[1] == "column_missing"])
    return Sheet(encoding, header.separator, tuple(fields), header.last_line)


def _known(cells: list[str]) -> int:
    return sum(1 for cell in cells if _field_of(_cleaned(cell)) in _NAMES)


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


@dataclass(frozen=True)
class _Record:
    """A record: its first and last line, and its cells, or the mistake in it."""

    line: int
    last_line: int
    cells: list[str] | str


def _below_the_header(file: BinaryIO, sheet: Sheet) -> Iterator[_Record]:
    lines = (read for read in _lines(file, sheet.encoding) if read[0] > sheet.header_line)
    return _records(lines, sheet.separator)


def _records(lines: Iterator[tuple[int, str | None]], separator: str) -> Iterator[_Record]:
    """Yield each record that is not empty.

    A quotation mark that is never closed breaks only its own line: the lines after it are read again.
    """
    ahead: deque[tuple[int, str | None]] = deque()
    while (read := ahead.popleft() if ahead else next(lines, None)) is not None:
        number, line = read
        if line is None:
            yield _Record(number, number, "line_too_long")
            continue
        if '"' not in line:
            # Spreadsheets write a million empty rows when somebody has formatted a whole column.
            if line.strip(EMPTY):
                yield _Record(number, number, line.split(separator))
            continue
        cells = _cells(line, separator)
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
                cells = _cells(whole, separator)
        if isinstance(cells, str):
            ahead.extendleft(reversed(taken))
            yield _Record(number, number, "quotes_wrong")
        else:
            yield _Record(number, number + len(taken), cells)


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
