"""Describe unexpected errors for the logs, without any value from the request."""

import traceback
from collections.abc import Iterator
from typing import Any

import asyncpg
import structlog
from starlette.types import Scope

log = structlog.get_logger("ecopanier.failure")

# The messages of these errors name our own types and attributes. Other errors' messages may quote what was sent.
_NAMES_ONLY = (AttributeError, NameError, ImportError, TypeError)


def log_failure(error: BaseException, scope: Scope | None = None) -> None:
    """Log an unexpected error, in one line."""
    log.error("error.occurred", request_id=(scope or {}).get("request_id"), **described_failure(error))


def described_failure(error: BaseException) -> dict[str, Any]:
    """Return the chain of errors and where they were raised, without messages that may hold values."""
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
        # Messages of class 42 only name things in our SQL: an unknown column, a missing grant.
        message = error.message if (error.sqlstate or "").startswith("42") else None
        return " ".join(str(part) for part in (name, *known, message) if part)
    return f"{name}: {error}" if isinstance(error, _NAMES_ONLY) else name


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-20:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
