"""uvicorn's HTTP protocol, sending an answer's head and body in one write: one system call and one packet less."""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HELD = 64 * 1024  # bytes; more than that is sent at once, so that flow control works


class OneWrite(HttpToolsProtocol):
    """For uvicorn's option `http`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start a connection on a transport that gathers writes."""
        super().connection_made(cast(asyncio.Transport, _Gathering(transport, self.loop)))


class _Gathering:
    """A transport that joins everything written within one iteration of the event loop into one write."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []
        self._length = 0

    def write(self, data: bytes) -> None:
        """Send this together with what else is written in this iteration."""
        if not self._held:
            self._loop.call_soon(self._send)
        self._held.append(data)
        self._length += len(data)
        if self._length > LARGEST_HELD:
            self._send()

    def close(self) -> None:
        """Send what was gathered, then close."""
        self._send()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def _send(self) -> None:
        if self._held:
            gathered = self._held[0] if len(self._held) == 1 else b"".join(self._held)
            self._held, self._length = [], 0
            if not self._transport.is_closing():
                self._transport.write(gathered)
