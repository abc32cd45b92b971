"""Collection points: a list of those in a part of the map, a map that is loaded only after a tap, and one point.

As the map of lots, the list does without Trusted Types, because Leaflet writes into it with `innerHTML`.
"""

from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.collection_points.models import PointKind
from backend.pages.admins.desk import ROLES
from backend.pages.client import Refused
from backend.pages.content_policy import policy_of
from backend.pages.operators.desk import Desk, Opens, of_admin, of_association
from backend.pages.visit import Visit, route
from backend.settings import settings

FRANCE = (-5.2, 41.2, 9.7, 51.2)
ZOOM_OF_FRANCE, ZOOM_OF_A_PLACE, CLOSEST = 6, 13, 18
HALF_OF_A_PLACE = 0.06  # degrees
EVERY = "/admin/points"
"""The page of those who see every point, and not only where they work or have collections."""
KINDS = tuple(kind.value for kind in PointKind)

Box = tuple[float, float, float, float]


async def _where(desk: Desk) -> tuple[Box, int, str | None]:
    """Return the part of the map that the address names, its zoom, and the place that was found by its words."""
    query = desk.visit.query
    words = query.get("q", "").strip()[:100]
    if len(words) > 1:
        found = (await desk.visit.api.get("/v1/places", q=words)).get("data", [])
        for place in found:
            if place["latitude"] is not None:
                return _around(place["latitude"], place["longitude"]), ZOOM_OF_A_PLACE, place["name"]
    try:
        west, south, east, north = (float(degrees) for degrees in query.get("box", "").split(","))
        zoom = min(max(int(query.get("zoom", ZOOM_OF_A_PLACE)), 0), CLOSEST)
    except ValueError:
        return FRANCE, ZOOM_OF_FRANCE, None
    return (west, south, east, north), zoom, None


def _around(latitude: float, longitude: float, half: float = HALF_OF_A_PLACE) -> Box:
    return longitude - half, latitude - half, longitude + half, latitude + half


def _marks(desk: Desk, features: list[dict[str, Any]], zoom: int, kind: str) -> list[dict[str, Any]]:
    """Return the features of the map for the page. One that stands for several leads closer to them."""
    marks = []
    for feature in features:
        longitude, latitude = feature["geometry"]["coordinates"]
        closer = _around(latitude, longitude, 360 / 2 ** (zoom + 3))
        box = ",".join(f"{degrees:.5f}" for degrees in closer)
        query: dict[str, Any] = {"box": box, "zoom": min(zoom + 3, CLOSEST), **({"kind": kind} if kind else {})}
        seen = {"id": feature.get("id"), "latitude": latitude, "longitude": longitude, "closer": desk.at(**query)}
        marks.append({**feature["properties"], **seen})
    return marks


def _routes(root: str, opens: Opens, **who: Any) -> list[BaseRoute]:
    async def points(visit: Visit) -> Response:
        """Show the collection points in a part of the map."""
        desk = await opens(visit, root)
        box, zoom, place = await _where(desk)
        kind = visit.query.get("kind", "") if visit.query.get("kind") in KINDS else ""
        asked: dict[str, Any] = {"bbox": ",".join(str(degrees) for degrees in box), "zoom": zoom}
        if kind:
            asked["kind"] = kind
        try:
            found = await desk.get("/v1/collection-points", **asked)
        except Refused as refusal:
            if refusal.status != 422:
                raise
            return visit.to(root)
        page = desk.page(
            "points.html",
            "points",
            board=desk,
            marks=_marks(desk, found["features"], zoom, kind),
            place=place,
            words=visit.query.get("q", ""),
            kind=kind,
            kinds=KINDS,
            asked={"box": asked["bbox"], "zoom": str(zoom), "kind": kind, **desk.asked},
            settings=settings(),
            opens_all=root == EVERY,
        )
        page.headers["Content-Security-Policy"] = policy_of(
            {"img-src": settings().map_tiles_origin, "require-trusted-types-for": ""}
        )
        return page

    async def point(visit: Visit) -> Response:
        """Show one point: how to get in, whom to call, and when its next collection will be due."""
        desk = await opens(visit, root)
        path = f"/v1/collection-points/{visit.parameters['id']}"
        found, told = await desk.get(path), await desk.get(f"{path}/forecast")
        return desk.page("point.html", "points", board=desk, point=found, told=told)

    return [route(root, points, needs="person", **who), route(f"{root}/{{id:uuid}}", point, needs="person", **who)]


routes: list[BaseRoute] = [
    *_routes("/association/points", of_association),
    *_routes(EVERY, of_admin, roles=ROLES),
]
