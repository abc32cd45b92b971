"""The routers that features use: `Router` for ordinary routes, `HotRoutes` for the few that must be fast."""

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Annotated, Any, cast

from fastapi import APIRouter, Query, params
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from backend.common_facts import BodyOfWrongType, BodyUnreadable
from backend.errors import FieldError, language_of
from backend.messages import field_text
from backend.strict_json import read_json

Endpoint = Callable[[Request], Awaitable[Response]]


class _ReadRequest(Request):
    """A request whose JSON body has been read strictly."""

    value: Any = None

    async def json(self) -> Any:
        return self.value


class StrictRoute(APIRoute):
    """A route that reads its body strictly before FastAPI validates it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler; routes without a body are left as they are."""
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
    """FastAPI's router with strict bodies: `router = Router(tags=["lots"])`."""

    def __init__(self, *, tags: Sequence[str] = (), prefix: str = "") -> None:
        super().__init__(prefix=prefix, tags=list(tags), route_class=StrictRoute)


class HotRoutes:
    """Routes that skip FastAPI's dependencies and are documented all the same.

    The endpoint takes the Starlette request and returns a response; `read_body` and `read_query` validate for it.
    What it reads and answers is said by models, from which the documentation is made.
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

        `others` are path and header parameters, as `inspect.Parameter`s of FastAPI. `signed_in`: True when a token
        is required, None when it is optional, False when it changes nothing.
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
    """Make the function that FastAPI would have been given, for documentation only."""
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
