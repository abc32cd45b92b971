"""The answer to an address that no page has, for browsers. Programs get a problem, as from the API."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

from backend.pages.visit import Visit, visited


class _Elsewhere(Route):
    """Matches what a browser opens and nothing else serves. It must be tried last."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match a GET outside the API whose Accept header names HTML."""
        accepts = next((value for name, value in scope.get("headers", ()) if name == b"accept"), b"")
        if scope["type"] != "http" or scope["method"] != "GET" or b"text/html" not in accepts:
            return Match.NONE, {}
        if scope["path"].startswith(("/v1/", "/static/", "/.well-known/")):
            return Match.NONE, {}
        return Match.FULL, {"endpoint": self.endpoint, "path_params": {}}


async def _unknown(visit: Visit) -> Response:
    return visit.page(
        "refusal.html",
        404,
        title=visit.t("problems.told.path.unknown.title"),
        detail=visit.t("problems.told.path.unknown.detail"),
        status=404,
    )


async def _endpoint(request: Request) -> Response:
    return await visited(_unknown)(request)


routes: list[BaseRoute] = [_Elsewhere("/{elsewhere:path}", _endpoint, methods=["GET"])]
