"""`Router`, the router that features use for ordinary routes (`hot_routes` has the one for hot routes)."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from fastapi import APIRouter, params
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from backend.http.strict_json import read_json
from backend.problems.common import BodyOfWrongType, BodyUnreadable
from backend.problems.problem import FieldError, language_of
from backend.problems.texts import field_text

Endpoint = Callable[[Request], Awaitable[Response]]


class _ReadRequest(Request):
    """A request whose JSON body has been read strictly."""

    value: Any = None

    async def json(self) -> Any:
        return self.value


class StrictRoute(APIRoute):
    """A route that reads its body strictly before FastAPI validates it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's handler, wrapped if the route has a body."""
        handle = super().get_route_handler()
        if self.body_field is None:
            return handle
        read = _read_form if isinstance(self.body_field.field_info, params.Form) else _read_json

        async def strict(request: Request) -> Response:
            return await handle(await read(request))

        return strict


async def _read_json(request: Request) -> Request:
    read = _ReadRequest(request.scope, request.receive)
    read.value = await read_json(read)
    return read


async def _read_form(request: Request) -> Request:
    raw = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if raw and kind not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        raise BodyOfWrongType(headers={"Accept": "application/x-www-form-urlencoded"})
    if kind == "application/x-www-form-urlencoded" and b"%00" in raw:
        message = field_text("unstorable_text", language_of(request.scope))
        raise BodyUnreadable(errors=[FieldError(field="body", code="unstorable_text", message=message)])
    return request


class Router(APIRouter):
    """FastAPI's router, reading bodies strictly: `router = Router(tags=["lots"])`."""

    def __init__(self, *, tags: Sequence[str] = (), prefix: str = "") -> None:
        super().__init__(prefix=prefix, tags=list(tags), route_class=StrictRoute)
