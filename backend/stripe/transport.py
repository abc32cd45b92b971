"""HTTP transport for Stripe's SDK, on httpx2: the SDK supports only httpx, which is no longer maintained."""

import asyncio
import ssl
from collections.abc import Awaitable, Mapping
from functools import cache
from typing import Any

import httpx2
import stripe

# Requests to the local stand-in must not go through a proxy from the environment.
_ON_THIS_MACHINE = {"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None}


@cache
def _tls() -> ssl.SSLContext:
    """Return the TLS configuration, made once per process because loading the certificates takes 20 ms."""
    return httpx2.create_ssl_context()


class Httpx2Transport(stripe.HTTPClient):
    """A connection pool for Stripe's SDK. Connection errors become APIConnectionError, which the SDK may retry."""

    name = "httpx2"

    def __init__(self, timeout: httpx2.Timeout) -> None:
        super().__init__()
        self._client = httpx2.AsyncClient(timeout=timeout, mounts=_ON_THIS_MACHINE, verify=_tls())

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Send a request; return the answer's body, status and headers. Raises APIConnectionError."""
        try:
            response = await self._client.request(method, url, headers=headers, content=post_data)
        except httpx2.RequestError as error:
            why = f"Stripe could not be reached: {type(error).__name__}"
            raise stripe.APIConnectionError(why, should_retry=True) from error  # type: ignore[no-untyped-call]
        return response.content, response.status_code, response.headers

    def sleep_async(self, secs: float) -> Awaitable[None]:
        """Wait before a retry; in seconds."""
        return asyncio.sleep(secs)

    async def close_async(self) -> None:
        await self._client.aclose()
