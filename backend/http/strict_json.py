"""Strict JSON: what enters is RFC 8259 in UTF-8, finite, storable by Postgres and within a bigint, or it is refused."""

import math
import re
from collections.abc import Mapping
from typing import Any, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from starlette.requests import Request

from backend.problems.common import BodyOfWrongType, BodyUnreadable
from backend.problems.problem import FieldError, language_of
from backend.problems.texts import field_text

Model = TypeVar("Model", bound=BaseModel)

BIGINT = range(-(2**63), 2**63)

# Only bodies with one of these can hold what the parser lets through but we do not: long numbers, exponents, \u0000.
_SUSPICIOUS = re.compile(rb"\d{19}|\d[eE]|\\u0000")
_JSON = re.compile(r"application/(?:json|[a-z0-9!#$&^_.+-]+\+json)\s*(?:;.*)?", re.IGNORECASE)


async def read_json(request: Request) -> Any:
    """Read a request's JSON body.

    Raises BodyOfWrongType (415) for another content type, BodyUnreadable (422) for anything but strict JSON.
    Nothing sent is None, which no model accepts.
    """
    raw = await request.body()
    if not raw:
        return None
    if not _JSON.fullmatch(request.headers.get("content-type", "")):
        raise BodyOfWrongType(headers={"Accept": "application/json"})
    try:
        value = from_json(raw, allow_inf_nan=False)
    except ValueError:
        raise _unreadable(request, "body", "json_invalid") from None
    if _SUSPICIOUS.search(raw) and (kind := _unstorable(value)):
        raise _unreadable(request, "body", kind)
    return value


async def read_body(request: Request, model: type[Model]) -> Model:
    """Read and validate a body without FastAPI's machinery, with the same answers: for the hot routes.

    Raises what `read_json` raises, and RequestValidationError (422).
    """
    return _validated(model, await read_json(request), "body")


def read_query(request: Request, model: type[Model]) -> Model:
    """Validate a query string by a model without FastAPI's machinery; a repeated key gives its last value.

    Raises RequestValidationError (422). Fields of the model are scalars.
    """
    return _validated(model, dict(request.query_params), "query")


def _validated(model: type[Model], value: Any, where: str) -> Model:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        if value is None:
            found = [{**found[0], "type": "missing", "loc": ()}]
        raise RequestValidationError([{**one, "loc": (where, *one["loc"])} for one in found]) from None


def _unreadable(request: Request, field: str, kind: str) -> BodyUnreadable:
    message = field_text(kind, language_of(request.scope))
    return BodyUnreadable(errors=[FieldError(field=field, code=kind, message=message)])


def _unstorable(value: Any) -> str | None:
    """Name the first thing in a parsed body that Postgres could not keep; None when there is none."""
    match value:
        case bool():
            return None
        case int():
            return None if value in BIGINT else "number_too_large"
        case float():
            return None if math.isfinite(value) else "finite_number"
        case str():
            return "unstorable_text" if "\0" in value else None
        case Mapping():
            return next((kind for pair in value.items() for part in pair if (kind := _unstorable(part))), None)
        case list():
            return next((kind for part in value if (kind := _unstorable(part))), None)
    return None
