"""CSV as French spreadsheets open it: UTF-8 with its mark, semicolons, commas in numbers, and no cell that computes."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

# What a spreadsheet takes for a formula, or cuts off at (DESIGN.md, security rule 8).
_COMPUTES = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")

Cell = str | int | Decimal | None


def cell(value: Cell) -> str:
    """Write one cell; None is empty, and what would compute is shown as the text that it is."""
    if value is None:
        return ""
    if isinstance(value, str):
        return "'" + value.replace("\0", "") if value.startswith(_COMPUTES) else value.replace("\0", "")
    return str(value).replace(".", ",")


def csv_of(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Write a table as CSV."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerow([cell(name) for name in header])
    writer.writerows([cell(value) for value in row] for row in rows)
    return written.getvalue().encode("utf-8-sig")
