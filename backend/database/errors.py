"""Turn database errors into problems, by SQLSTATE, by constraint name and by kind of connection failure."""

import json
import re
from collections.abc import Callable
from types import TracebackType
from typing import Any

import asyncpg
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from backend.problems.common import (
    AlreadyThere,
    DatabaseUnavailable,
    InternalError,
    NotAllowed,
    OutOfBounds,
    ReferenceUnknown,
    RequestInvalid,
    TryAgain,
)
from backend.problems.problem import Problem, problem_of_constraint, problem_with_code

log = structlog.get_logger("ecopanier.database")

# Everything that a statement, or connecting to the database, may raise.
DATABASE_ERRORS: tuple[type[Exception], ...] = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    DBAPIError,
    PoolTimeout,
    OSError,
)

_OURS = re.compile(r"EP([45]\d\d)")
_LOST = re.compile(r"08...|53...|57P0\d|57014")
_CONSTRAINTS: dict[str, type[Problem]] = {
    "23505": AlreadyThere,
    "23P01": AlreadyThere,
    "23503": ReferenceUnknown,
    "23514": OutOfBounds,
    "23502": OutOfBounds,
}
_OTHERS: dict[str, Callable[[], Problem]] = {
    "42501": NotAllowed,
    # Serialization failure, deadlock, lock not available: Postgres rolled everything back.
    "40001": TryAgain,
    "40P01": TryAgain,
    "55P03": TryAgain,
    # A value that validation let through but Postgres refuses: out of range, malformed, or with characters that text
    # cannot hold (22000: found by the driver). It is still the caller's mistake.
    "22000": RequestInvalid,
    "22003": RequestInvalid,
    "22007": RequestInvalid,
    "22008": RequestInvalid,
    "22021": RequestInvalid,
    "22P02": RequestInvalid,
    "22P05": RequestInvalid,
}


def problem_from_database(error: Exception) -> Problem:
    """Return the problem for an error of the database or of the connection to it; InternalError if it is our bug."""
    if isinstance(error, PoolTimeout):
        return DatabaseUnavailable()
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return DatabaseUnavailable()
        # SQLAlchemy wraps the driver's error twice; only the innermost one names the constraint.
        cause = error.orig.__cause__ if error.orig is not None else None
        if not isinstance(cause, Exception):
            return InternalError()
        return problem_from_database(cause)
    if isinstance(error, asyncpg.PostgresError):
        return _from_sqlstate(error)
    if isinstance(error, asyncpg.InterfaceError):
        return _from_driver(error)
    # An OSError may also come from a file or another socket: it is the database's only if asyncpg is in the traceback.
    return DatabaseUnavailable() if _passed_through(error.__traceback__, "asyncpg") else InternalError()


def _from_sqlstate(error: asyncpg.PostgresError) -> Problem:
    state = error.sqlstate or ""
    if ours := _OURS.fullmatch(state):
        problem = problem_with_code(str(error.message or ""), int(ours[1]), _members(error.detail))
        if problem is None:
            log.error("problem.not_recognised", sqlstate=state)
        return problem or InternalError()
    if state in _CONSTRAINTS:
        return problem_of_constraint(error.constraint_name) or _CONSTRAINTS[state]()
    if state in _OTHERS:
        # Row-level security refuses in normal operation; a missing grant is our bug. Both are worth a log line.
        log.warning("statement.refused", sqlstate=state, table=error.table_name)
        return _OTHERS[state]()
    return DatabaseUnavailable() if _LOST.fullmatch(state) else InternalError()


def _members(detail: str | None) -> dict[str, Any]:
    """Return what an act adds to its refusal: a JSON object in `detail`, such as the current version of a text."""
    try:
        members = json.loads(detail) if detail else {}
    except ValueError:
        return {}
    return members if isinstance(members, dict) else {}


def _from_driver(error: asyncpg.InterfaceError) -> Problem:
    # asyncpg has no separate class for a lost connection or a closing pool.
    return DatabaseUnavailable() if re.search(r"clos(ed|ing)", str(error)) else InternalError()


def _passed_through(traceback: TracebackType | None, package: str) -> bool:
    while traceback is not None:
        if str(traceback.tb_frame.f_globals.get("__name__", "")).partition(".")[0] == package:
            return True
        traceback = traceback.tb_next
    return False
