"""Answers the hot routes before the framework's own layers, which cost more than these routes' own work."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.errors import Fact
from backend.routing import Endpoint, HotRoutes

Handler = Callable[[Request, Exception], Awaitable[Response]]


class HotFirst:
    """Tries the hot routes, then hands on. Errors get the same handlers as everywhere in the app.

    Facts and what no handler knows are left to EveryRequest, which stands around this.
    """

    def __init__(self, app: ASGIApp, hot: Sequence[HotRoutes], handlers: Mapping[Any, Any]) -> None:
        self._app = app
        self._handlers = handlers
        self._routes: dict[str, list[Route]] = {}
        for route in (route for routes in hot for route in routes.routes):
            for method in route.methods or ():
                self._routes.setdefault(method, []).append(route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer when a hot route has this method and path."""
        if scope["type"] == "http":
            path = scope["path"]
            for route in self._routes.get(scope["method"], ()):
                if (match := route.path_regex.match(path)) is not None:
                    scope["route"] = route
                    scope["path_params"] = match.groupdict()
                    response = await self._answer(cast(Endpoint, route.endpoint), Request(scope, receive))
                    await response(scope, receive, send)
                    return
        await self._app(scope, receive, send)

    async def _answer(self, endpoint: Endpoint, request: Request) -> Response:
        try:
            return await endpoint(request)
        except Fact:
            raise
        except Exception as error:
            for kind in type(error).__mro__:
                if kind is not Exception and (handler := self._handlers.get(kind)) is not None:
                    return await cast(Handler, handler)(request, error)
            raise
