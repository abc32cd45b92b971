"""The hot routes (search, reserve, pick up): answered before FastAPI's own layers, which cost more than their work."""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, cast

from fastapi import Query
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.http.routing import Endpoint
from backend.problems.problem import Problem

Handler = Callable[[Request, Exception], Awaitable[Response]]


class HotRoutes:
    """Routes that skip FastAPI's dependencies but are documented like the others.

    An endpoint takes the Starlette request and returns a response. `read_body` and `read_query` validate what it reads.
    Its models are named for the documentation alone, so a test compares its answers with them.
    """

    def __init__(self, *, tags: Sequence[str], prefix: str = "/v1") -> None:
        self._tags = list(tags)
        self._prefix = prefix
        self.routes: list[Route] = []
        self.documentation: list[APIRoute] = []

    def add(
        self,
        method: str,
        path: str,
        endpoint: Endpoint,
        *,
        answer: Any,
        body: type[BaseModel] | None = None,
        query: type[BaseModel] | None = None,
        others: Sequence[inspect.Parameter] = (),
        status_code: int = 200,
        responses: dict[int | str, dict[str, Any]] | None = None,
        signed_in: bool | None = None,
    ) -> None:
        """Serve an endpoint and document it.

        others: path and header parameters, annotated as FastAPI's. signed_in: True if a token is required, None if it
        is optional, False if it changes nothing.
        """
        route = Route(self._prefix + path, cast(Any, endpoint), methods=[method])
        self.routes.append(route)
        described = _described(endpoint, body=body, query=query, others=others, answer=answer)
        security: dict[str, Any] = {} if signed_in is False else {"security": [{"bearer": []}]}
        if signed_in is None:
            security["security"].append({})
        self.documentation.append(
            APIRoute(
                self._prefix + path,
                described,
                methods=[method],
                status_code=status_code,
                response_model=answer,
                responses=responses,
                tags=list(self._tags),
                operation_id=cast(Any, endpoint).__name__,
                openapi_extra=security,
            )
        )


def _described(
    endpoint: Endpoint,
    *,
    body: type[BaseModel] | None,
    query: type[BaseModel] | None,
    others: Sequence[inspect.Parameter],
    answer: Any,
) -> Callable[..., Any]:
    """Return the function that FastAPI would have been given, for documentation only."""
    parameters = list(others)
    if body is not None:
        parameters.append(inspect.Parameter("body", inspect.Parameter.KEYWORD_ONLY, annotation=body))
    if query is not None:
        asked = inspect.Parameter("query", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[query, Query()])
        parameters.append(asked)

    async def documented() -> None: ...

    documented.__doc__ = endpoint.__doc__
    documented.__name__ = cast(Any, endpoint).__name__
    documented.__signature__ = inspect.Signature(parameters, return_annotation=answer)  # type: ignore[attr-defined]
    return documented


class HotFirst:
    """Middleware that answers requests for hot routes and hands on all others.

    An error gets the handler that the app has for it. Problems, and errors without a handler, go on to EveryRequest,
    which surrounds this.
    """

    def __init__(self, app: ASGIApp, hot: Sequence[HotRoutes], handlers: Mapping[Any, Any]) -> None:
        self._app = app
        self._handlers = handlers
        self._routes: dict[str, list[Route]] = {}
        for route in (route for routes in hot for route in routes.routes):
            for method in route.methods or ():
                self._routes.setdefault(method, []).append(route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request if a hot route has its method and path."""
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
        except Problem:
            raise
        except Exception as error:
            for kind in type(error).__mro__:
                if kind is not Exception and (handler := self._handlers.get(kind)) is not None:
                    return await cast(Handler, handler)(request, error)
            raise
