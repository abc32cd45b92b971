"""CORS: which pages of other origins may call the API from a browser."""

from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

PREFLIGHT_SECONDS = 600
_SENT = ("Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "X-Request-Id")
_READ = (
    "Content-Disposition",
    "ETag",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-Id",
)


def open_to_origins(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """Return an app whose answers pages of these origins may read; the same app if there are none.

    `["*"]` opens it to all pages. They then cannot send cookies along: any page could act as whoever is visiting it.
    """
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_credentials="*" not in origins,
        allow_methods=("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"),
        allow_headers=_SENT,
        expose_headers=_READ,
        max_age=PREFLIGHT_SECONDS,
    )
