"""`Router`, the router that features use for ordinary routes (`hot_routes` has the one for hot routes)."""

import re
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from fastapi import APIRouter, params
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from backend.http.strict_json import MOST_PARTS, read_json
from backend.problems.common import BodyOfWrongType, BodyUnreadable
from backend.problems.problem import FieldError, language_of
from backend.problems.texts import field_text

Endpoint = Callable[[Request], Awaitable[Response]]

MOST_KNOWN = 2_000  # paths whose routes are remembered; strangers may ask for any number
_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class _ReadRequest(Request):
    """A request whose JSON body has been read strictly."""

    value: Any = None

    async def json(self) -> Any:
        return self.value


class StrictRoute(APIRoute):
    """A route that reads its body strictly before FastAPI validates it."""

    most_parts = MOST_PARTS

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's handler, wrapped if the route has a body."""
        handle = super().get_route_handler()
        if self.body_field is None:
            return handle
        is_form = isinstance(self.body_field.field_info, params.Form)

        async def strict(request: Request) -> Response:
            read = await _read_form(request) if is_form else await _read_json(request, self.most_parts)
            return await handle(read)

        return strict


async def _read_json(request: Request, most_parts: int) -> Request:
    read = _ReadRequest(request.scope, request.receive)
    read.value = await read_json(read, most_parts)
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
    """FastAPI's router, reading bodies strictly: `router = Router(tags=["lots"])`.

    most_parts: how many names and values a body may have; more than usual for a route that takes many things at once.
    """

    def __init__(self, *, tags: Sequence[str] = (), prefix: str = "", most_parts: int = MOST_PARTS) -> None:
        route = type("StrictRoute", (StrictRoute,), {"most_parts": most_parts})
        super().__init__(prefix=prefix, tags=list(tags), route_class=route)


def remembering(router: APIRouter) -> Callable[[Scope, Receive, Send], Coroutine[Any, Any, None]]:
    """Return an app that routes like a router, but remembers which of its routes took a path.

    A router tries its routes in turn, and each feature's router tries its own: half a millisecond for a route near the
    end. A request of a page takes several. Which route is the first that takes a path does not depend on the ids in it.
    """
    known: dict[tuple[str, str], BaseRoute] = {}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await router.app(scope, receive, send)
            return
        key = (scope["method"], _ID.sub("*", scope["path"]))
        route = known.get(key)
        if route is None:
            route = next((one for one in router.routes if one.matches(scope)[0] is Match.FULL), None)
            if route is None:
                await router.app(scope, receive, send)
                return
            if len(known) < MOST_KNOWN:
                known[key] = route
        match, found = route.matches(scope)
        if match is not Match.FULL:  # it also looks at the request's headers
            await router.app(scope, receive, send)
            return
        scope.setdefault("router", router)
        scope.update(found)
        await route.handle(scope, receive, send)

    return app


def prepare_routes(router: APIRouter) -> None:
    """Let FastAPI make now what it otherwise makes at the first request, in half a second.

    For a process that forks: what is made before that, the others need not make again.
    """
    nowhere = {"type": "http", "method": "GET", "path": "/-", "root_path": "", "headers": []}
    for route in router.routes:
        route.matches(nowhere)
