"""Clients that leave before they have their answer."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from fastapi import Request
from starlette.responses import Response

CLIENT_LEFT = 499  # nginx's; nobody reads it but our log


async def unless_client_leaves(request: Request, work: Coroutine[Any, Any, Response]) -> Response:
    """Return the answer that `work` makes. Cancel it if the client closes the connection before.

    The request's body must have been read.
    """
    working, leaving = asyncio.create_task(work), asyncio.create_task(_leaves(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        return Response(status_code=CLIENT_LEFT)
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _leaves(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
