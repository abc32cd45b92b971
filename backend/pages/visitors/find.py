"""« Trouver », the first page: a place, then the lots near it; below, what has been saved so far."""

import contextlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.client import Refused
from backend.pages.visit import Visit, route, serves_docs

RADIUS_KM = 10
MOST_LOTS = 40
LONGEST_PLACE = 100


async def find(visit: Visit) -> Response:
    """Return the page. Each of its parts is left out if it cannot be read."""
    asked = visit.query.get("where", "").strip()[:LONGEST_PLACE]
    places: list[dict[str, Any]] = []
    found: Mapping[str, Any] | None = None
    unreachable = False
    try:
        if asked:
            places = (await visit.api.get("/v1/places", q=asked))["data"]
        place = next((one for one in places if str(one.get("insee_code")) == visit.query.get("insee")), None)
        if place is None and places:
            place = places[0]
        near = f"{place['latitude']},{place['longitude']}" if place and place.get("latitude") is not None else None
        if near is not None:
            found = await visit.api.get("/v1/lots", near=near, radius_km=RADIUS_KM, limit=MOST_LOTS)
    except Refused as refusal:
        unreachable = refusal.status >= 500
        if not unreachable:
            raise
    return visit.page(
        "visitors/find.html",
        asked=asked,
        place=place if not unreachable else None,
        places=places,
        groups=_by_time(found["data"] if found else [], datetime.now().astimezone()),
        found=found,
        unreachable=unreachable,
        figures=await _figures(visit),
        docs=serves_docs(),
    )


async def _figures(visit: Visit) -> Any:
    """Return the impact figures, or None: the page must open even if the database is down."""
    with contextlib.suppress(Refused, httpx2.HTTPError):
        return await visit.api.get("/v1/impact")
    return None


def _by_time(lots: list[dict[str, Any]], now: datetime) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the lots in groups by when they are picked up, each nearest first; empty groups are left out."""
    groups: dict[str, list[dict[str, Any]]] = {"now": [], "later": [], "next_days": []}
    for lot in lots:
        zone = ZoneInfo(lot["shop"]["time_zone"])
        start = datetime.fromisoformat(lot["pickup_start"])
        if start <= now:
            groups["now"].append(lot)
        elif start.astimezone(zone).date() == now.astimezone(zone).date():
            groups["later"].append(lot)
        else:
            groups["next_days"].append(lot)
    return [(name, found) for name, found in groups.items() if found]


routes: list[BaseRoute] = [route("/", find)]
