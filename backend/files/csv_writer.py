"""Write CSV for French spreadsheet programs: UTF-8 with a BOM, semicolons, decimal commas, and no formulas."""

import codecs
import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

# A spreadsheet program would run a cell that begins with one of these as a formula, or cut the cell off there.
_COMPUTES = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")

Cell = str | int | Decimal | None


def cell(value: Cell) -> str:
    """Return one cell's text. None becomes an empty cell; a text that would run as a formula gets a leading `'`."""
    if value is None:
        return ""
    if isinstance(value, str):
        return "'" + value.replace("\0", "") if value.startswith(_COMPUTES) else value.replace("\0", "")
    return str(value).replace(".", ",")


def csv_of(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return a table as CSV."""
    return codecs.BOM_UTF8 + csv_lines([header]) + csv_lines(rows)


def csv_lines(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return some lines of a table, to follow those of `csv_of`."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerows([cell(value) for value in row] for row in rows)
    return written.getvalue().encode()
