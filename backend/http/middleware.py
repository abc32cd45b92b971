"""The middleware around every request: one pure ASGI layer, because each layer costs time on every request."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.http.rate_limits import answer_headers, limit_anonymous_writes
from backend.observability.failures import log_failure
from backend.observability.metrics import count_request, under_way
from backend.observability.request_id import request_id as current_request
from backend.observability.route_template import route_template
from backend.problems.common import BodyTooLarge, InternalError, RequestInvalid
from backend.problems.problem import FieldError, Problem, language_of, problem_response
from backend.problems.texts import field_text
from backend.settings import settings

LARGEST_BODY = 1024 * 1024
_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
READING = frozenset({"GET", "HEAD", "OPTIONS"})
# Polled by machines every few seconds: at info level, their log lines would hide the others.
QUIET = frozenset({"/healthz", "/readyz", "/metrics", "/v1/healthz", "/v1/readyz"})

_SANE_REQUEST_ID = re.compile(rb"[A-Za-z0-9_-]{8,64}")
_NEXT_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
_NOTHING_LOADS = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_NOT_KEPT = (b"cache-control", b"no-store")
_ONLY_HTTPS = (b"strict-transport-security", b"max-age=31536000")


@dataclass(frozen=True, slots=True)
class Bound:
    """The most bytes that a body may have, and the problem that answers a longer one."""

    largest: int
    longer: type[Problem]


EVERY_BODY = Bound(LARGEST_BODY, BodyTooLarge)


class EveryRequest:
    """Middleware that gives each request an id, bounds its body, logs and counts it, and adds security headers.

    Answers to requests with Authorization get `Cache-Control: no-store` unless their route sets another.
    `unlimited`: paths that the limit on anonymous writes does not apply to. `uploads`: paths with a larger body, with a
    `*` in place of each id.
    """

    def __init__(
        self, app: ASGIApp, unlimited: frozenset[str] = frozenset(), uploads: Mapping[str, Bound] | None = None
    ) -> None:
        self._app = app
        self._unlimited = unlimited
        self._uploads = uploads or {}
        self._headers = [*_NEXT_HEADERS, *([_ONLY_HTTPS] if settings().production else [])]
        self._log: Any = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request. An error that no handler caught is logged and becomes a 500 without details."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        request_id, length, chunked, authorized = b"", 0, False, False
        for name, value in scope["headers"]:
            if name == b"authorization":
                authorized = True
            elif name == b"content-length":
                length = int(value) if value.isdigit() else 0
            elif name == b"transfer-encoding":
                chunked = True
            elif name == b"x-request-id" and _SANE_REQUEST_ID.fullmatch(value):
                request_id = value
        method = scope["method"]
        if method == "HEAD":
            # A route for GET answers HEAD too. Only the server needs to know that no body is to be sent.
            scope = {**scope, "method": "GET"}
        request_id = request_id or os.urandom(16).hex().encode()
        scope["request_id"] = request_id.decode()
        current_request.set(scope["request_id"])
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._hardened(message, scope, request_id, authorized)
            elif method == "HEAD":
                message = {**message, "body": b""}
            await send(message)

        under_way.inc()
        try:
            bound = EVERY_BODY
            if (length > LARGEST_BODY or chunked) and scope["method"] in ("POST", "PUT"):
                bound = self._uploads.get(_ID.sub("*", scope["path"]), EVERY_BODY)
            if length > bound.largest:
                raise bound.longer
            if b"%00" in scope["query_string"] or "\0" in scope["path"]:
                raise _unstorable(scope)
            # A page's form is counted when the page calls the API, against its person if they are signed in.
            if (
                not authorized
                and scope["method"] not in READING
                and scope["path"].startswith("/v1/")
                and scope["path"] not in self._unlimited
            ):
                await limit_anonymous_writes(scope)
            await self._app(scope, _bounded(receive, bound) if chunked else receive, answer)
        except Problem as problem:
            await problem_response(problem, scope)(scope, receive, answer)
        except Exception as error:
            log_failure(error, scope)
            # An answer that has begun cannot be replaced: the server closes the connection.
            if not status:
                await problem_response(InternalError(), scope)(scope, receive, answer)
        finally:
            under_way.dec()
            self._record(scope, method, status, perf_counter() - began)

    def _hardened(
        self, message: Message, scope: Scope, request_id: bytes, authorized: bool
    ) -> list[tuple[bytes, bytes]]:
        set_by_route = message.get("headers", ())
        names = [name for name, _ in set_by_route]
        ours = [header for header in self._headers if header[0] not in names]
        headers = [*set_by_route, *ours, (b"x-request-id", request_id), *answer_headers(scope)]
        if b"content-security-policy" not in names:
            headers.append(_NOTHING_LOADS)
        if authorized and b"cache-control" not in names:
            headers.append(_NOT_KEPT)
        return headers

    def _record(self, scope: Scope, method: str, status: int, took: float) -> None:
        route = route_template(scope)
        count_request(method, route, status, took)
        if self._log is None:
            # Bound once, after logging has been configured: structlog's lazy logger costs more than writing the line.
            self._log = structlog.get_logger("ecopanier.request").bind()
        log = self._log
        write = log.error if status >= 500 else log.debug if route in QUIET else log.info
        write(
            "request.answered",
            method=method,
            route=route,
            status=status,
            ms=round(took * 1000, 2),
            request_id=scope["request_id"],
        )


def _bounded(receive: Receive, bound: Bound) -> Receive:
    """Wrap `receive` to count the bytes of a body without Content-Length, and refuse it once it is too long."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > bound.largest:
            raise bound.longer
        return message

    return counted


def _unstorable(scope: Scope) -> RequestInvalid:
    where = "path" if "\0" in scope["path"] else "query"
    message = field_text("unstorable_text", language_of(scope))
    return RequestInvalid(errors=[FieldError(field=where, code="unstorable_text", message=message)])
