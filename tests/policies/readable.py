"""Reads the tables of the Markdown files beside the tests: the text that people review is the text that is tested."""

from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent


def table_in(file: str, first_column: str, *more: str) -> list[dict[str, str]]:
    """Return the rows of the table whose header begins with these columns, each as {column: cell}.

    Raises ValueError if the file has no such table.
    """
    wanted = [first_column, *more]
    rows = iter((HERE / file).read_text().splitlines())
    for line in rows:
        header = _cells(line)
        if header[: len(wanted)] == wanted:
            next(rows)
            return [dict(zip(header, cells, strict=True)) for cells in _body(rows)]
    raise ValueError(f"{file} has no table that begins with {wanted}")


def _body(rows: Iterator[str]) -> Iterator[list[str]]:
    for line in rows:
        if not line.startswith("|"):
            return
        yield _cells(line)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
