"""Check the zones that an admin draws inside a commune, and draw them.

No boundaries of communes are at hand, so a zone must lie in a box around its commune's centre that any commune fits in.
"""

from itertools import combinations

import shapely
from pydantic_core import to_json
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.acts import Acts
from backend.database.sessions import call
from backend.territories.problems import TerritoryNotFound, ZonesInvalid
from backend.territories.queries import territory
from backend.territories.schemas import ZoneIn, ZonesOut

MOST_POINTS = 2_000
DECIMALS = 6  # of a degree; a decimetre
BOX_DEGREES = {"metropolitan": (0.35, 0.5), "overseas": (1.6, 1.6)}
"""How far from the centre a zone may be, in latitude and longitude. Maripasoula reaches 150 km."""
SLIVER = 1e-9
"""Square degrees that two zones may share, some square metres: they were drawn point by point."""


async def zones(session: AsyncSession, commune: str) -> ZonesOut:
    """Return the zones of a commune, now and from the following month on. Raises TerritoryNotFound."""
    found = await call(session, "zones_of", wanted=commune)
    if found is None:
        raise TerritoryNotFound
    return ZonesOut.model_validate(found)


async def draw_zones(session: AsyncSession, acts: Acts, commune: str, wanted: list[ZoneIn]) -> ZonesOut:
    """Divide a commune into zones from the following month on. Raises TerritoryNotFound, ZonesInvalid."""
    whole = await territory(acts, commune)
    if whole.kind != "commune" or whole.latitude is None or whole.longitude is None:
        raise TerritoryNotFound
    high, wide = BOX_DEGREES["overseas" if commune.startswith(("97", "98")) else "metropolitan"]
    box = shapely.box(whole.longitude - wide, whole.latitude - high, whole.longitude + wide, whole.latitude + high)
    drawn = [_checked(zone, box) for zone in wanted]
    names = [zone.name for zone in wanted]
    if len(set(names)) < len(names):
        raise ZonesInvalid(reason="name_twice", zone=next(name for name in names if names.count(name) > 1))
    for (name, one), (_, other) in combinations(zip(names, drawn, strict=True), 2):
        if one.intersection(other).area > SLIVER:
            raise ZonesInvalid(reason="overlap", zone=name)
    inside = [one.representative_point() for one in drawn]
    await call(
        session,
        "draw_zones",
        wanted=commune,
        names=names,
        latitudes=[point.y for point in inside],
        longitudes=[point.x for point in inside],
        shapes=[_polygons(one) for one in drawn],
        geometries=[to_json(shapely.geometry.mapping(one)).decode() for one in drawn],
    )
    return await zones(session, commune)


def _checked(zone: ZoneIn, box: BaseGeometry) -> BaseGeometry:
    rings = [ring for polygon in zone.geometry.polygons() for ring in polygon]
    if sum(len(ring) for ring in rings) > MOST_POINTS:
        raise ZonesInvalid(reason="too_many_points", zone=zone.name)
    if any(len(polygon) != 1 for polygon in zone.geometry.polygons()):
        raise ZonesInvalid(reason="hole", zone=zone.name)
    if any(len(ring) < 4 or ring[0] != ring[-1] for ring in rings):
        raise ZonesInvalid(reason="not_closed", zone=zone.name)
    drawn = shapely.set_precision(shape(zone.geometry.model_dump()), 0)
    rounded = shapely.transform(drawn, lambda points: points.round(DECIMALS))
    if rounded.is_empty or not rounded.is_valid or rounded.area == 0:
        raise ZonesInvalid(reason="invalid", zone=zone.name)
    if not box.contains(rounded):
        raise ZonesInvalid(reason="elsewhere", zone=zone.name)
    return rounded


def _polygons(drawn: BaseGeometry) -> str:
    """Return a geometry as Postgres writes polygons, with a space between two."""
    parts = drawn.geoms if drawn.geom_type == "MultiPolygon" else [drawn]
    return " ".join(
        "(" + ",".join(f"({x:.{DECIMALS}f},{y:.{DECIMALS}f})" for x, y in part.exterior.coords) + ")" for part in parts
    )
