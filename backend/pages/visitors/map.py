"""The map of the lots near a place: a list of shops, and above it a map that is loaded only after a tap.

Tiles come from the server of `ECOPANIER_MAP_TILES`, which learns the address of whoever taps. Leaflet writes into the
page with `innerHTML`, so this page alone does without Trusted Types.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.content_policy import policy_of
from backend.pages.visit import Visit, route
from backend.pages.visitors.find import place_of, saved_places
from backend.pages.visitors.search import Search
from backend.settings import settings


async def map_page(visit: Visit) -> Response:
    """Return the shops with lots near the place of a search; without a place, go to the first page."""
    search = Search.of(visit.request.query_params)
    saved = await saved_places(visit) if search.place or not search.has_place else []
    if not search.has_place and saved:
        search = replace(search, place=saved[0]["id"])
    _, place = await place_of(visit, search, saved)
    if place is None:
        return visit.to(search.path())
    near = f"{place['latitude']},{place['longitude']}"
    found = await visit.api.get("/v1/lots", **search.asked(near, datetime.now(UTC)))
    shops: dict[str, list[dict[str, Any]]] = {}
    for lot in found["data"]:
        shops.setdefault(lot["shop_id"], []).append(lot)
    page = visit.page("visitors/map.html", search=search, place=place, shops=list(shops.values()), settings=settings())
    page.headers["Content-Security-Policy"] = policy_of(
        {"img-src": settings().map_tiles_origin, "require-trusted-types-for": ""}
    )
    return page


routes: list[BaseRoute] = [route("/map", map_page)]
