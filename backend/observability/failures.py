"""Say what failed so that it can be found and mended, without a value of the request."""

import traceback
from collections.abc import Iterator
from typing import Any

import asyncpg
import structlog
from starlette.types import Scope

log = structlog.get_logger("ecopanier.failure")

# Their messages name types and attributes of ours; those of other errors may quote what was sent.
_NAMES_ONLY = (AttributeError, NameError, ImportError, TypeError)


def log_failure(error: BaseException, scope: Scope | None = None) -> None:
    """Write one line about an error that nobody expected."""
    log.error("failure", request_id=(scope or {}).get("request_id"), **described_failure(error))


def described_failure(error: BaseException) -> dict[str, Any]:
    """Tell the chain of errors and the place, never their messages where these may hold values."""
    return {"errors": [_described(one) for one in _chain(error)], "place": _places(error)}


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def _described(error: BaseException) -> str:
    name = type(error).__qualname__
    if isinstance(error, asyncpg.PostgresError):
        known = (error.sqlstate, error.constraint_name or error.table_name)
        # Class 42 speaks of names in our SQL: an unknown column, a missing grant.
        message = error.message if (error.sqlstate or "").startswith("42") else None
        return " ".join(str(part) for part in (name, *known, message) if part)
    return f"{name}: {error}" if isinstance(error, _NAMES_ONLY) else name


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-20:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
