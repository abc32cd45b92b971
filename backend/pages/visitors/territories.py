"""Territories for everybody: find one, and read what is published about it."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.visit import Visit, route
from backend.pages.visitors.search import LONGEST_PLACE

ROOT = "/territoires"


async def find(visit: Visit) -> Response:
    """Find a territory by its name or postcode."""
    asked = visit.query.get("q", "").strip()[:LONGEST_PLACE]
    found = await visit.api.get("/v1/territories", q=asked) if asked else {"data": []}
    return visit.page("visitors/territories.html", asked=asked, found=found["data"])


async def territory(visit: Visit) -> Response:
    """Show a territory."""
    return visit.page("visitors/territory.html", one=await visit.api.get(f"/v1/territories/{visit.parameters['code']}"))


routes: list[BaseRoute] = [route(ROOT, find), route(f"{ROOT}/{{code}}", territory)]
