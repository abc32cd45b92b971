"""Prometheus metrics: requests by method, route and status, their duration, and how many are being answered."""

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
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
under_way = Gauge("ecopanier_http_requests_under_way", "Requests being answered.")

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# A cache, because labels() takes a lock and builds a key each time. Routes, methods and statuses are few.
_children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}


class UnderWay:
    """The number of requests being answered: a plain counter that the gauge reads when metrics are collected."""

    def __init__(self) -> None:
        self.count = 0
        under_way.set_function(lambda: self.count)


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


async def metrics(request: Request) -> Response:
    """Return the metrics of this process."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


routes = [Route("/metrics", metrics)]
