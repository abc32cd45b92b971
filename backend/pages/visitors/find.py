"""« Trouver », the first page: a place, then the lots near it; below, what has been saved so far."""

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.lots.models import Allergen
from backend.pages.client import Refused
from backend.pages.forms import Form
from backend.pages.lot_cards import lot_cards
from backend.pages.visit import Visit, route, serves_docs
from backend.pages.visitors.search import PRICES, RADII_KM, SORTS, TIMES, Search
from backend.shops.models import Category
from backend.time_zones import PARIS

EVENING = 16  # from this hour on the page says « ce soir »
EATERS = ("customer", "beneficiary")
CHIPS = ("bakery", "fruits_vegetables", "prepared_meals")


async def find(visit: Visit) -> Response:
    """Return the page. Each of its parts is left out if it cannot be read."""
    now = datetime.now(UTC)
    search = Search.of(visit.request.query_params)
    saved, diet = await _habits(visit, search)
    if not search.has_place and saved:
        search = replace(search, place=saved[0]["id"])
    places: list[dict[str, Any]] = []
    place: Mapping[str, Any] | None = None
    found: Mapping[str, Any] | None = None
    unreachable = False
    try:
        places, place = await place_of(visit, search, saved)
        if place is not None:
            near = f"{place['latitude']},{place['longitude']}"
            found = await visit.api.get("/v1/lots", **search.asked(near, now))
    except Refused as refusal:
        if refusal.code == "cursor.invalid":
            return visit.to(search.path())
        unreachable = refusal.status >= 500
        if not unreachable:
            raise
    groups = _by_time(found["data"] if found else [], now)
    return visit.page(
        "visitors/find.html",
        search=search,
        place=place,
        places=places,
        saved=saved,
        groups=groups,
        cards=lot_cards,
        evening=now.astimezone(ZoneInfo(PARIS)).hour >= EVENING and groups and groups[0][0] != "next_days",
        found=found,
        unreachable=unreachable,
        farther=next((km for km in RADII_KM if km > search.km), None),
        chips=CHIPS,
        diet=diet if place is not None else (),
        gives=visit.session is None or visit.session.role == "customer",
        figures=await _figures(visit),
        docs=serves_docs(),
    )


async def filters(visit: Visit) -> Response:
    """Return the page with all filters of a search."""
    search = Search.of(visit.request.query_params)
    return visit.page(
        "visitors/filters.html",
        search=search,
        form=Form(dict(search.pairs())),
        categories=[str(one) for one in Category],
        allergens=[str(one) for one in Allergen],
        radii=RADII_KM,
        prices=PRICES,
        times=TIMES,
        sorts=SORTS,
    )


async def saved_places(visit: Visit) -> list[dict[str, Any]]:
    """Return the saved places of the signed-in person."""
    if visit.session is None or visit.session.role not in EATERS:
        return []
    with contextlib.suppress(Refused, httpx2.HTTPError):
        saved: list[dict[str, Any]] = (await visit.api.get("/v1/me/places"))["data"]
        return saved
    return []


async def _habits(visit: Visit, search: Search) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """Return the saved places of the signed-in person, and the allergens that they avoid if they keep a diet."""
    if visit.session is None or visit.session.role not in EATERS:
        return [], ()
    with contextlib.suppress(Refused, httpx2.HTTPError):
        found = await visit.api.get("/v1/me/search", placed=search.has_place)
        return found["places"], tuple(found["without_allergens"])
    return [], ()


async def place_of(
    visit: Visit, search: Search, saved: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], Mapping[str, Any] | None]:
    """Return the communes of the searched name, and the place to search around; None if there is none."""
    if search.near:
        latitude, _, longitude = search.near.partition(",")
        return [], {"name": visit.t("find.around_you"), "latitude": latitude, "longitude": longitude}
    if search.place:
        return [], next((one for one in saved if one["id"] == search.place), None)
    if not search.where:
        return [], None
    places = [
        one for one in (await visit.api.get("/v1/places", q=search.where))["data"] if one.get("latitude") is not None
    ]
    return places, next((one for one in places if one["insee_code"] == search.insee), places[0] if places else None)


async def _figures(visit: Visit) -> Any:
    """Return the impact figures, or None: the page must open even if the database is down."""
    with contextlib.suppress(Refused, httpx2.HTTPError):
        return await visit.api.get("/v1/impact")
    return None


def _by_time(lots: list[dict[str, Any]], now: datetime) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the lots in groups by when they are picked up, each in its order; empty groups are left out."""
    groups: dict[str, list[dict[str, Any]]] = {"now": [], "later": [], "next_days": []}
    for lot in lots:
        start = datetime.fromisoformat(lot["pickup_start"])
        if start <= now:
            groups["now"].append(lot)
            continue
        zone = ZoneInfo(lot["shop"]["time_zone"])
        if start.astimezone(zone).date() == now.astimezone(zone).date():
            groups["later"].append(lot)
        else:
            groups["next_days"].append(lot)
    return [(name, found) for name, found in groups.items() if found]


routes: list[BaseRoute] = [route("/", find), route("/filter", filters)]
