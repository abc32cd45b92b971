"""Helpers that commands share."""

import gc
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pydantic import SecretStr
from rich.console import Console

if TYPE_CHECKING:
    import psycopg


@contextmanager
def much_to_import() -> Iterator[None]:
    """Collect no garbage meanwhile, for a fifth less work: nearly everything that is made then stays."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def needed(url: SecretStr | None, name: str) -> str:
    """Return a setting's value. Exit with a message that names the setting if it is not set."""
    if url is None:
        raise SystemExit(f"{name} is not set.")
    return url.get_secret_value()


def wide_console() -> Console:
    """Return the console that prints tables: as wide as the terminal, or 160 columns in a file."""
    return Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False)


@contextmanager
def as_owner(owner_url: str, nothing: str, reasons: Mapping[str, str] | None = None) -> Iterator["psycopg.Connection"]:
    """Open a transaction as the owner of the schema, and exit with the reason if the database refuses it.

    nothing: such as "Nothing was changed". reasons: what to say for an SQLSTATE instead of the database's own words.
    """
    import psycopg

    try:
        with psycopg.connect(owner_url) as connection:
            connection.execute("set local role ecopanier_owner")
            yield connection
    except psycopg.Error as problem:
        why = (reasons or {}).get(problem.sqlstate or "") or str(problem).splitlines()[0]
        raise SystemExit(f"{nothing}: {why}") from None
