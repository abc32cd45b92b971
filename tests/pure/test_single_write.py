"""The HTTP protocol that sends head and body in one write: complete answers, and flow control."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from backend.http.single_write import LARGEST_HEAD, LARGEST_HELD, OneWrite

CHUNK = b"x" * 1024
HIGH_WATER = 64 * 1024


class Wire:
    """A transport that records each write and never drains."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.closed = False
        self.protocol: Any = None

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.writes.append(data)
        if len(self.sent) > HIGH_WATER:
            self.protocol.pause_writing()

    @property
    def sent(self) -> bytes:
        return b"".join(self.writes)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


async def app(scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
    """Answer with two bytes, or at `/endless` with a body that goes on as long as it is accepted."""
    if scope["path"] == "/endless":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def served(kind: type[HttpToolsProtocol], *request: bytes) -> Wire:
    """Return the transport after the protocol has answered bytes that come in these pieces."""
    config = uvicorn.Config(app, http=kind, ws="none", lifespan="off", log_config=None)
    wire = Wire()
    wire.protocol = kind(config, ServerState(), {}, asyncio.get_running_loop())
    wire.protocol.connection_made(wire)
    for piece in request:
        if not wire.closed:
            wire.protocol.data_received(piece)
    for _ in range(10):
        await asyncio.sleep(0)
    for task in wire.protocol.tasks:
        task.cancel()
    return wire


@pytest.mark.parametrize(("kind", "writes"), [(OneWrite, 1), (HttpToolsProtocol, 2)], ids=["ours", "control"])
async def test_head_and_body_leave_in_one_write(kind: type[HttpToolsProtocol], writes: int) -> None:
    wire = await served(kind, b"GET / HTTP/1.1\r\nhost: test\r\n\r\n")

    assert wire.sent.startswith(b"HTTP/1.1 200 OK\r\n")
    assert wire.sent.endswith(b"\r\n\r\nok")
    assert len(wire.writes) == writes
    assert not wire.closed


async def test_the_answer_is_sent_before_the_connection_closes() -> None:
    wire = await served(OneWrite, b"GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")

    assert wire.sent.endswith(b"\r\n\r\nok")
    assert wire.closed


async def test_pipelined_requests_get_complete_answers_in_order() -> None:
    wire = await served(OneWrite, b"GET / HTTP/1.1\r\nhost: test\r\n\r\nHEAD / HTTP/1.1\r\nhost: test\r\n\r\n")

    assert wire.sent.count(b"HTTP/1.1 200 OK\r\n") == 2
    assert wire.sent.count(b"ok") == 1


async def test_writing_pauses_when_the_client_does_not_read() -> None:
    wire = await served(OneWrite, b"GET /endless HTTP/1.1\r\nhost: test\r\n\r\n")

    assert HIGH_WATER < len(wire.sent) < HIGH_WATER + 2 * LARGEST_HELD


async def test_nothing_is_written_after_the_connection_closed() -> None:
    config = uvicorn.Config(app, http=OneWrite, ws="none", lifespan="off", log_config=None)
    wire = Wire()
    wire.protocol = OneWrite(config, ServerState(), {}, asyncio.get_running_loop())
    wire.protocol.connection_made(wire)
    wire.protocol.transport.write(b"late")
    wire.closed = True
    await asyncio.sleep(0)

    assert wire.writes == []


HEAD = b"GET / HTTP/1.1\r\nhost: test\r\n"
LONG = b"x" * LARGEST_HEAD
CHUNKED = b"POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"


@pytest.mark.parametrize(
    "pieces",
    [
        [HEAD + b"x: " + LONG + b"\r\n\r\n"],
        [HEAD + b"x: " + LONG[:9000], LONG[:9000]],
        [HEAD, *[b"x%d: y\r\n" % number for number in range(4000)]],
        [b"GET /" + LONG],
        [CHUNKED, b"x: " + LONG],
        [b"POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\nok" + HEAD, b"x: " + LONG],
    ],
    ids=["one piece", "two pieces", "many headers", "address", "trailer", "second request"],
)
async def test_a_head_over_16_kib_is_refused_before_it_is_complete(pieces: list[bytes]) -> None:
    wire = await served(OneWrite, *pieces)

    assert wire.closed
    _, refusal = wire.sent.split(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    assert json.loads(refusal.split(b"\r\n\r\n")[1])["code"] == "request.head_too_large"
    # The control: uvicorn itself goes on collecting.
    assert not (await served(HttpToolsProtocol, *pieces)).closed


async def test_large_bodies_and_heads_below_the_limit_are_answered() -> None:
    body = b"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 1000000\r\n\r\n"
    wire = await served(
        OneWrite, HEAD + b"x: " + LONG[:16_000], b"\r\n\r\n", body, *[b"x" * 50_000] * 20, HEAD + b"\r\n"
    )

    assert wire.sent.count(b"HTTP/1.1 200 OK\r\n") == 3
    assert not wire.closed
