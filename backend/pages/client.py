"""Calls of our pages to our own API, within this process and as the caller of the page."""

from collections.abc import Mapping
from typing import Any

import httpx2
from starlette.requests import Request

_PASSED_ON = ("accept-language", "user-agent", "x-forwarded-for")


async def call(
    request: Request,
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
    token: str | None = None,
    form: Mapping[str, str] | None = None,
) -> httpx2.Response:
    """Send a request to our own API as the caller of this page."""
    # Every line of a header: a caller may forge the first line of x-forwarded-for, and a proxy add its own after it.
    headers = {name: ", ".join(lines) for name in _PASSED_ON if (lines := request.headers.getlist(name))}
    headers["x-request-id"] = request.scope["request_id"]
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    client = request.client
    transport = httpx2.ASGITransport(app=request.app, client=(client.host, client.port) if client else ("", 0))
    async with httpx2.AsyncClient(transport=transport, base_url="http://page") as api:
        return await api.request(method, path, json=body, data=form, headers=headers)
