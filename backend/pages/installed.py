"""The files with which a browser installs EcoPanier: its manifest, and the page without a network."""

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from backend.pages.assets import asset
from backend.pages.visit import Visit, route

SIZES = (192, 512)


async def manifest(visit: Visit) -> Response:
    """Return the manifest in the language of the browser."""
    icons = [
        {"src": asset(f"icons/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in SIZES
        for purpose in ("any", "maskable")
    ]
    return JSONResponse(
        {
            "id": "/",
            "name": "EcoPanier",
            "short_name": "EcoPanier",
            "description": visit.t("find.welcome"),
            "lang": visit.language,
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": "#fbf6ec",
            "theme_color": "#4a1d3f",
            "icons": icons,
            "share_target": {
                "action": "/share",
                "method": "POST",
                "enctype": "multipart/form-data",
                "params": {"files": [{"name": "photo", "accept": ["image/jpeg", "image/png", "image/webp"]}]},
            },
        },
        media_type="application/manifest+json",
    )


async def offline(visit: Visit) -> Response:
    """Return the page that is shown without a network."""
    return visit.page("offline.html")


routes: list[BaseRoute] = [route("/manifest.webmanifest", manifest), route("/offline", offline)]
