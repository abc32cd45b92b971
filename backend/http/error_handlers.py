"""The app's exception handlers, which turn every error into a problem response."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from backend.database.errors import DATABASE_ERRORS, problem_from_database
from backend.observability.failures import log_failure
from backend.problems.common import (
    BodyOfWrongType,
    BodyTooLarge,
    InternalError,
    MethodNotAllowed,
    NotAllowed,
    NotSignedIn,
    PathUnknown,
    PreconditionFailed,
    RateLimited,
    RequestInvalid,
    RequestMalformed,
    RequestRefused,
)
from backend.problems.problem import FieldError, Problem, language_of, problem_response
from backend.problems.texts import Language, field_text

MOST_FIELD_ERRORS = 20

# Names in a location may come from the caller (unknown fields, keys of objects): only harmless ones are repeated.
_HARMLESS_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}")
# These entries of Pydantic's error context are our own limits. The others may quote what was sent.
_OUR_LIMITS = ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "expected")

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_BY_STATUS: dict[int, type[Problem]] = {
    400: RequestMalformed,
    401: NotSignedIn,
    403: NotAllowed,
    404: PathUnknown,
    405: MethodNotAllowed,
    412: PreconditionFailed,
    413: BodyTooLarge,
    415: BodyOfWrongType,
    422: RequestInvalid,
    429: RateLimited,
}


def add_error_handlers(app: FastAPI) -> None:
    """Register handlers that answer every refusal and failure with a problem."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    for kind in DATABASE_ERRORS:
        app.add_exception_handler(kind, _database)
    # Starlette sends this answer and then raises the error again, so that EveryRequest logs it.
    app.add_exception_handler(Exception, _unexpected)


async def _problem(request: Request, problem: Any) -> Response:
    return problem_response(problem, request.scope)


async def _invalid(request: Request, error: Any) -> Response:
    found = field_errors(error.errors(), language_of(request.scope))
    return problem_response(RequestInvalid(errors=found), request.scope)


async def _http(request: Request, error: Any) -> Response:
    kind = _BY_STATUS.get(error.status_code, InternalError if error.status_code >= 500 else RequestRefused)
    headers = {"Allow": allowed_methods(request)} if kind is MethodNotAllowed else error.headers
    problem = kind(headers=headers)
    problem.status = error.status_code
    return problem_response(problem, request.scope)


def allowed_methods(request: Request) -> str:
    """Return the methods that a path has, for the Allow header; Starlette would name those of one route alone."""
    known = [
        method
        for method in _METHODS
        if any(
            route.matches({"type": "http", "path": request.scope["path"], "method": method, "headers": []})[0]
            is Match.FULL
            for route in request.app.router.routes
        )
    ]
    return ", ".join(["GET", "HEAD", *known[1:]] if "GET" in known else known)


async def _database(request: Request, error: Exception) -> Response:
    problem = problem_from_database(error)
    if problem.status >= 500:
        log_failure(error, request.scope)
    return problem_response(problem, request.scope)


async def _unexpected(request: Request, _error: Exception) -> Response:
    return problem_response(InternalError(), request.scope)


def field_errors(found: Iterable[Mapping[str, Any]], language: Language) -> list[FieldError]:
    """Return what is wrong with each field, for at most 20 of them, in our own words. Never repeats what was sent."""
    return [_field_error(error, language) for error, _ in zip(found, range(MOST_FIELD_ERRORS), strict=False)]


def _field_error(error: Mapping[str, Any], language: Language) -> FieldError:
    kind = str(error["type"])
    message = field_text(kind, language)
    limits = error.get("ctx") or {}
    for name in _OUR_LIMITS:
        message = message.replace(f"{{{name}}}", str(limits.get(name, "…")))
    return FieldError(field=_pointer(error["loc"]), code=kind, message=message)


def _pointer(location: Iterable[str | int]) -> str:
    return ".".join(str(part) if isinstance(part, int) or _HARMLESS_NAME.fullmatch(part) else "*" for part in location)
