"""uvicorn's HTTP protocol, with one write for an answer's head and body, and a limit on the size of a request's head.

One write is one system call and one packet less. Without the limit, a header of 100 MiB would be collected in memory
and keep all other requests waiting meanwhile.
"""

import asyncio
import os
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from backend.problems.common import HeadTooLarge
from backend.problems.problem import problem_response

LARGEST_HEAD = 16 * 1024  # bytes of a request's address and headers in all; the same for what follows a body
LARGEST_HELD = 64 * 1024  # bytes; more than that is sent at once, so that flow control works


class OneWrite(HttpToolsProtocol):
    """An HTTP protocol for uvicorn's option `http` that gathers what belongs together into one write."""

    _unread = 0
    """Bytes that came since the parser last handed on a head, a part of a body or the end of a request."""
    _head_too_large = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start a connection on a transport that gathers writes."""
        super().connection_made(cast(asyncio.Transport, _Gathering(transport, self.loop)))

    def data_received(self, data: bytes) -> None:
        """Parse what came in. What the parser only collects is a head, or what follows a body: it is limited."""
        self._unread += len(data)
        super().data_received(data)
        if self._unread > LARGEST_HEAD and not self.transport.is_closing():
            self._refuse_head()

    def on_headers_complete(self) -> None:
        """Begin to answer a request. Raises HeadTooLarge, which makes the parser call `send_400_response`."""
        self._unread = 0
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > LARGEST_HEAD:
            self._head_too_large = True
            raise HeadTooLarge
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Hand on a part of a body."""
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._unread = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what could not be parsed, and close the connection."""
        if self._head_too_large:
            self._refuse_head()
        else:
            super().send_400_response(msg)

    def _refuse_head(self) -> None:
        request_id = os.urandom(16).hex()
        scope = {"type": "http", "headers": [], "request_id": request_id}
        answer = problem_response(HeadTooLarge(headers={"X-Request-Id": request_id, "Connection": "close"}), scope)
        head = b"".join(b"%s: %s\r\n" % header for header in answer.raw_headers)
        status = b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
        self.transport.write(status + head + b"\r\n" + bytes(answer.body))
        self.transport.close()


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
