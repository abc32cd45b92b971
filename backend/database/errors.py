"""Turn errors of the database into problems: by SQLSTATE, by constraint, by what was lost on the way."""

import re
from collections.abc import Callable
from types import TracebackType

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

# What may come out of a statement or of reaching the database.
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
    # Serialization failure, deadlock, lock not available: Postgres undid everything.
    "40001": TryAgain,
    "40P01": TryAgain,
    "55P03": TryAgain,
    # Out of range, unreadable, or with characters that no text can hold (22000: the driver found it): what
    # validation let through is still the caller's.
    "22000": RequestInvalid,
    "22003": RequestInvalid,
    "22007": RequestInvalid,
    "22008": RequestInvalid,
    "22021": RequestInvalid,
    "22P02": RequestInvalid,
    "22P05": RequestInvalid,
}


def problem_from_database(error: Exception) -> Problem:
    """Turn an error of the database or of the way to it into a problem; InternalError when it is our mistake."""
    if isinstance(error, PoolTimeout):
        return DatabaseUnavailable()
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return DatabaseUnavailable()
        # SQLAlchemy wraps the driver's error twice; the innermost one names the constraint.
        cause = error.orig.__cause__ if error.orig is not None else None
        if not isinstance(cause, Exception):
            return InternalError()
        return problem_from_database(cause)
    if isinstance(error, asyncpg.PostgresError):
        return _from_sqlstate(error)
    if isinstance(error, asyncpg.InterfaceError):
        return _from_driver(error)
    # Files and sockets fail in other places too; only the way to the database says "database".
    return DatabaseUnavailable() if _passed_through(error.__traceback__, "asyncpg") else InternalError()


def _from_sqlstate(error: asyncpg.PostgresError) -> Problem:
    state = error.sqlstate or ""
    if ours := _OURS.fullmatch(state):
        problem = problem_with_code(str(error.message or ""), int(ours[1]))
        if problem is None:
            log.error("database.unknown_fact", sqlstate=state)
        return problem or InternalError()
    if state in _CONSTRAINTS:
        return problem_of_constraint(error.constraint_name) or _CONSTRAINTS[state]()
    if state in _OTHERS:
        # A refusal by row-level security is normal; one by a missing grant is our mistake: both are worth a line.
        log.warning("database.refused", sqlstate=state, table=error.table_name)
        return _OTHERS[state]()
    return DatabaseUnavailable() if _LOST.fullmatch(state) else InternalError()


def _from_driver(error: asyncpg.InterfaceError) -> Problem:
    # The driver has no finer class for a lost connection or a closing pool.
    return DatabaseUnavailable() if re.search(r"clos(ed|ing)", str(error)) else InternalError()


def _passed_through(traceback: TracebackType | None, package: str) -> bool:
    while traceback is not None:
        if str(traceback.tb_frame.f_globals.get("__name__", "")).partition(".")[0] == package:
            return True
        traceback = traceback.tb_next
    return False
