"""Our style sheet, scripts and icons: served compressed, under an address that changes with what they contain."""

import gzip
import re
from functools import cache
from hashlib import blake2b
from pathlib import Path

import js_lib_leaflet
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from backend.problems.common import PathUnknown

_STATIC = Path(__file__).with_name("static")
# One request for all styles. The order matters: later rules win.
_STYLES = (
    "base",
    "controls",
    "head",
    "search",
    "lot",
    "pass",
    "shop",
    "draft",
    "desk",
    "admin",
    "kiosk",
    "station",
    "tour",
    "room",
    "paper",
    "territory",
)
# What some scripts share is sent before each of them, so that a page asks for one file.
_BEGIN_WITH = {"js/station.js": "js/queue.js", "js/steps.js": "js/queue.js"}
_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
# The map's script is a package, so that it is updated and checked like the others.
_LEAFLET = {"leaflet/leaflet.js": "leaflet.js", "leaflet/leaflet.css": "leaflet.css"}
_LEAFLET_FILES = Path(js_lib_leaflet.__file__).parent / "static" / "js_lib_leaflet"
_FOR_EVER = "public, max-age=31536000, immutable"
_FOR_AN_HOUR = "public, max-age=3600"


@cache
def _content(name: str) -> tuple[bytes, bytes, str, str]:
    """Return a file, its compressed form, its version and its media type. Raises PathUnknown."""
    if name == "style.css":
        content = _small(b"".join((_STATIC / "css" / f"{part}.css").read_bytes() for part in _STYLES))
    elif name in _LEAFLET:
        content = (_LEAFLET_FILES / _LEAFLET[name]).read_bytes()
    else:
        file = (_STATIC / name).resolve()
        if not file.is_file() or not file.is_relative_to(_STATIC) or file.suffix not in _TYPES:
            raise PathUnknown
        content = file.read_bytes()
        if name in _BEGIN_WITH:
            content = (_STATIC / _BEGIN_WITH[name]).read_bytes() + b"\n" + content
    version = blake2b(content, digest_size=6).hexdigest()
    return content, gzip.compress(content, 9), version, _TYPES[Path(name).suffix]


def _small(styles: bytes) -> bytes:
    """Return a style sheet without its comments and needless spaces."""
    styles = re.sub(rb"/\*.*?\*/", b"", styles, flags=re.DOTALL)
    return re.sub(rb"\s+", b" ", re.sub(rb"\s*([{};])\s*", rb"\1", styles))


@cache
def asset(name: str) -> str:
    """Return the address of a file in `static/`, such as `js/scanner.js`. Raises PathUnknown."""
    return f"/static/{name}?v={_content(name)[2]}"


async def _serve(request: Request) -> Response:
    content, compressed, version, kind = _content(request.path_params["name"])
    headers = {
        "Cache-Control": _FOR_EVER if request.query_params.get("v") == version else _FOR_AN_HOUR,
        "ETag": f'"{version}"',
        "Vary": "Accept-Encoding",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(compressed, headers={**headers, "Content-Encoding": "gzip"}, media_type=kind)
    return Response(content, headers=headers, media_type=kind)


async def _worker(request: Request) -> Response:
    """Return the service worker, from where it may see every page."""
    content, _, version, kind = _content("js/service-worker.js")
    headers = {
        "Cache-Control": "no-cache",
        "ETag": f'"{version}"',
        # It asks for pages on behalf of the browser, which the policy of other files forbids.
        "Content-Security-Policy": "default-src 'none'; connect-src 'self'",
    }
    return Response(content, headers=headers, media_type=kind)


routes: list[BaseRoute] = [
    Route("/service-worker.js", _worker, methods=["GET"]),
    Route("/static/{name:path}", _serve, methods=["GET"]),
]
