"""Strict JSON bodies: RFC 8259 in UTF-8, finite numbers, integers within a bigint, text that Postgres can store."""

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

MOST_PARTS = 2000  # names and values; validating a wrong one takes far longer than parsing it
BIGINT = range(-(2**63), 2**63)

# Long numbers, exponents and \u0000 are the only things that the parser accepts and we do not. Only bodies that match
# this need the walk through all their values.
_SUSPICIOUS = re.compile(rb"\d{19}|\d[eE]|\\u0000")
# The strings of a valid JSON text; those before a colon are names.
_STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+"(\s*+:)?', re.DOTALL)
_JSON = re.compile(r"application/(?:json|[a-z0-9!#$&^_.+-]+\+json)\s*(?:;.*)?", re.IGNORECASE)


async def read_json(request: Request, most_parts: int = MOST_PARTS) -> Any:
    """Return a request's parsed JSON body; None for an empty one, which no model accepts.

    Raises BodyOfWrongType (415) for another content type, BodyUnreadable (422) for anything but strict JSON.
    """
    raw = await request.body()
    raw = raw.removeprefix(b"\xef\xbb\xbf")  # some programs write this mark before UTF-8; RFC 8259 lets us ignore it
    if not raw:
        return None
    if not _JSON.fullmatch(request.headers.get("content-type", "")):
        raise BodyOfWrongType(headers={"Accept": "application/json"})
    try:
        value = from_json(raw, allow_inf_nan=False)
    except ValueError:
        raise _unreadable(request, "body", "json_invalid") from None
    if isinstance(value, dict | list) and (kind := _badly_named(value, raw, most_parts)):
        raise _unreadable(request, "body", kind)
    if _SUSPICIOUS.search(raw) and (kind := _unstorable(value)):
        raise _unreadable(request, "body", kind)
    return value


async def read_body(request: Request, model: type[Model]) -> Model:
    """Return a request's validated body. For hot routes: it skips FastAPI but refuses with the same answers.

    Raises what `read_json` raises, and RequestValidationError (422).
    """
    return _validated(model, await read_json(request), "body")


def read_query(request: Request, model: type[Model]) -> Model:
    """Return a request's validated query string. For hot routes: it skips FastAPI.

    The model's fields must be scalars; of a repeated key the last value counts. Raises RequestValidationError (422).
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


def _badly_named(value: dict[str, Any] | list[Any], raw: bytes, most_parts: int = MOST_PARTS) -> str | None:
    """Return "too_many_names" for more parts than any body of ours has, "duplicate_name" for a repeated name, or None.

    The parser keeps the last value of a repeated name, other programs the first: what is signed or logged elsewhere
    may differ from what we do.
    """
    names = parts = 0
    waiting: list[Any] = [value]
    while waiting:
        part = waiting.pop()
        parts += len(part)
        if parts > most_parts:
            return "too_many_names"
        if isinstance(part, dict):
            names += len(part)
            part = part.values()
        waiting.extend([inner for inner in part if isinstance(inner, dict | list)])
    return None if sum(map(bool, _STRINGS.findall(raw))) == names else "duplicate_name"


def _unstorable(value: Any) -> str | None:
    """Return the kind of the first value in a parsed body that Postgres cannot store; None if there is none."""
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
