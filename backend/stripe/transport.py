"""The HTTP below Stripe's SDK: httpx2, because the SDK itself knows only httpx, which is no longer maintained."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any

import httpx2
import stripe

# The stand-in's addresses: never through a proxy that the environment names.
_ON_THIS_MACHINE = {"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None}


class Httpx2Transport(stripe.HTTPClient):
    """One connection pool. What goes wrong on the way is an APIConnectionError, which the SDK may retry."""

    name = "httpx2"

    def __init__(self, timeout: httpx2.Timeout) -> None:
        super().__init__()
        self._client = httpx2.AsyncClient(timeout=timeout, mounts=_ON_THIS_MACHINE)

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """The body, status and headers of the answer."""
        try:
            response = await self._client.request(method, url, headers=headers, content=post_data)
        except httpx2.RequestError as error:
            why = f"Stripe was not reached: {type(error).__name__}"
            raise stripe.APIConnectionError(why, should_retry=True) from error  # type: ignore[no-untyped-call]
        return response.content, response.status_code, response.headers

    def sleep_async(self, secs: float) -> Awaitable[None]:
        """The SDK's pause before a retry, in seconds."""
        return asyncio.sleep(secs)

    async def close_async(self) -> None:
        await self._client.aclose()
