"""The router that remembers which of its routes took a path: the ids in it, methods and headers are still heeded."""

from collections.abc import Mapping

import httpx2
from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from backend.http.routing import remembering

ONE, OTHER = "019a000c-0000-7000-8000-000000000001", "019a000c-0000-7000-8000-000000000002"


class _ForBrowsers(Route):
    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        wanted = dict(scope["headers"]).get(b"accept", b"").startswith(b"text/html")
        return super().matches(scope) if wanted else (Match.NONE, {})


async def _a_page(request: Request) -> Response:
    return PlainTextResponse("page")


async def _asks(app: FastAPI, method: str, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://x", trust_env=False) as client:
        answer = await client.request(method, path, headers=dict(headers or {}))
    return answer.status_code, answer.text.strip('"')


async def test_a_remembered_route_gets_each_request_s_ids_methods_and_headers() -> None:
    app, lots = FastAPI(), APIRouter()
    looked_at = 0

    class _Counted(Route):
        def matches(self, scope: Scope) -> tuple[Match, Scope]:
            nonlocal looked_at
            looked_at += 1
            return super().matches(scope)

    @lots.get("/lots/{lot}")
    async def read(lot: str) -> str:
        return f"read {lot}"

    @lots.delete("/lots/{lot}")
    async def remove(lot: str) -> str:
        return f"remove {lot}"

    app.router.routes.append(_Counted("/first", _a_page))
    app.include_router(lots, prefix="/v1")
    app.router.routes.append(_ForBrowsers("/{rest:path}", _a_page))
    app.router.middleware_stack = remembering(app.router)  # type: ignore[assignment]  # only its names differ

    for lot in (ONE, OTHER):
        assert await _asks(app, "GET", f"/v1/lots/{lot}") == (200, f"read {lot}")
        assert await _asks(app, "DELETE", f"/v1/lots/{lot}") == (200, f"remove {lot}")
    assert looked_at == 2, "once for each method, not for each id"
    assert (await _asks(app, "PUT", f"/v1/lots/{ONE}"))[0] == 405
    for _ in range(2):
        assert await _asks(app, "GET", "/nowhere", {"Accept": "text/html"}) == (200, "page")
        assert (await _asks(app, "GET", "/nowhere"))[0] == 404
