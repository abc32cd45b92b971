"""The zones of a commune: an admin looks at them, and draws others by a file of GeoJSON."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.admins.desk import ROLES, desk_page
from backend.pages.client import Refused
from backend.pages.forms import Form
from backend.pages.maps import drawn
from backend.pages.visit import Visit, route

PAGE = "/admin/zones"
NAMES = ("name", "nom", "libelle", "Name", "NOM", "NAME", "LIBELLE")
"""The properties of a feature that may be its name, as towns publish their districts."""
DECIMALS = 6


class Unreadable(ValueError):
    """Raised when a file is no GeoJSON of named areas."""


async def find(visit: Visit) -> Response:
    """Ask for a commune, or go to its zones."""
    code = visit.query.get("code", "").strip()
    if code:
        return visit.to(f"{PAGE}/{quote(code, safe='')}")
    return desk_page(visit, "find_zones.html", "zones")


async def zones(visit: Visit) -> Response:
    """Show the zones of a commune, or draw others from the next month on."""
    code = str(visit.parameters["code"])
    if not visit.posted:
        return await _page(visit, code, Form())
    form = await visit.form()
    if form.value("remove") == "yes":
        wanted: list[dict[str, Any]] = []
    else:
        file = (await visit.sent()).get("file")
        try:
            wanted = _zones_in(await file.read() if isinstance(file, UploadFile) else b"")
        except Unreadable:
            return await _page(visit, code, form.wrong(file=visit.t("admin.zones_unreadable")), 422)
    try:
        await visit.api.put(f"/v1/admin/zones/{quote(code, safe='')}", {"zones": wanted})
    except Refused as refusal:
        if refusal.status != 422:
            raise
        return await _page(visit, code, form.wrong(file=refusal.detail), 422)
    return visit.to(f"{PAGE}/{quote(code, safe='')}", "zones_drawn" if wanted else "zones_removed")


def _zones_in(content: bytes) -> list[dict[str, Any]]:
    """Return the zones of a file as the API wants them. Raises Unreadable."""
    try:
        found = json.loads(content)
        features = found["features"]
        return [_zone(one["properties"], one["geometry"]) for one in features]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Unreadable from None


def _zone(properties: Mapping[str, Any], geometry: Mapping[str, Any]) -> dict[str, Any]:
    name = next((str(properties[one]).strip() for one in NAMES if properties.get(one)), "")
    kind = geometry["type"]
    if kind not in ("Polygon", "MultiPolygon"):
        raise Unreadable
    polygons = [geometry["coordinates"]] if kind == "Polygon" else geometry["coordinates"]
    flat = [
        [[[round(float(axis), DECIMALS) for axis in point[:2]] for point in ring] for ring in one] for one in polygons
    ]
    return {"name": name, "geometry": {"type": kind, "coordinates": flat[0] if kind == "Polygon" else flat}}


async def _page(visit: Visit, code: str, form: Form, status: int = 200) -> Response:
    one = await visit.api.get(f"/v1/territories/{quote(code, safe='')}")
    found = (await visit.api.get(f"/v1/admin/zones/{quote(code, safe='')}"))["zones"]
    latest = max((zone["valid_from"] for zone in found), default=None)
    newest = [zone for zone in found if zone["valid_from"] == latest and zone["valid_until"] is None]
    features = [
        {"geometry": zone["geometry"], "properties": {"name": zone["name"], "figures": [{"suppressed": False}]}}
        for zone in newest
    ]
    return desk_page(
        visit, "zones.html", "zones", status, one=one, zones=found, drawn=drawn(features, "meals"), form=form
    )


routes: list[BaseRoute] = [
    route(PAGE, find, needs="person", roles=ROLES),
    route(f"{PAGE}/{{code}}", zones, ["GET", "POST"], needs="person", roles=ROLES),
]
