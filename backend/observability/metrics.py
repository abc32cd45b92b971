"""Prometheus metrics: requests by method, route and status, their duration, those being answered, and waiting mails."""

import asyncio
import math
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeAlias

import structlog
from fastapi import FastAPI
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

requests = Counter("ecopanier_http_requests", "Requests answered.", ["method", "route", "status"])
seconds = Histogram(
    "ecopanier_http_request_seconds",
    "Seconds from the request's headers to the end of its answer.",
    ["method", "route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
under_way = Gauge("ecopanier_http_requests_under_way", "Requests being answered.", multiprocess_mode="livesum")
mails_waiting = Gauge(
    "ecopanier_mails_waiting",
    "Mails that the relay did not take and that are tried again.",
    multiprocess_mode="mostrecent",
)
relay_failing = Gauge(
    "ecopanier_mail_relay_failing_seconds",
    "Seconds since the mail relay began to refuse everything; 0 while it works.",
    multiprocess_mode="mostrecent",
)

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable with the folder where several processes keep their metrics.

prometheus_client reads it when it is imported.
"""

MailState: TypeAlias = Callable[[], Awaitable[tuple[int, datetime | None]]]
"""Returns the number of mails that wait and since when the relay fails, for all workers."""

MOST_SECONDS = 2.0  # for the database; whoever collects metrics usually waits for 10

log = structlog.get_logger("ecopanier.metrics")

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# A cache, because labels() takes a lock and builds a key each time. Routes, methods and statuses are few.
_children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}


def count_request(method: str, route: str, status: int, took: float) -> None:
    """Count one answered request. `route` is its template; `took` is in seconds."""
    key = (method, route, status)
    children = _children.get(key)
    if children is None:
        known = method if method in _METHODS else "OTHER"
        children = (requests.labels(known, route, str(status)), seconds.labels(known, route))
        if known == method:
            _children[key] = children
    children[0].inc()
    children[1].observe(took)


def set_mail_state(app: FastAPI, state: MailState) -> None:
    """Set what tells how the mails are doing. The worker sends them, but it serves no metrics."""
    app.state.mail_state = state


async def metrics(request: Request) -> Response:
    """Return the metrics of all serving processes, and those of the mails: NaN while the database does not answer."""
    try:
        async with asyncio.timeout(MOST_SECONDS):
            waiting, failing_since = await request.app.state.mail_state()
        mails_waiting.set(waiting)
        relay_failing.set(0 if failing_since is None else (datetime.now(UTC) - failing_since).total_seconds())
    except Exception as error:  # whatever is wrong with the database, the other metrics are needed all the more
        log.warning("metrics.no_mail_state", error=type(error).__name__)
        mails_waiting.set(math.nan)
        relay_failing.set(math.nan)
    return Response(generate_latest(_registry()), media_type=CONTENT_TYPE_LATEST)


def _registry() -> CollectorRegistry:
    if SHARED_FOLDER not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # it has no types
    return registry


def forget_process(pid: int) -> None:
    """Forget what a process that ended was doing. What it had counted stays."""
    mark_process_dead(pid)  # type: ignore[no-untyped-call]


routes = [Route("/metrics", metrics)]
