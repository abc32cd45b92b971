"""Where the people of an organisation start: their territory."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.organisations.house import ROOT, house_of
from backend.pages.visit import Visit, route


async def territory(visit: Visit) -> Response:
    """Show the territory of an organisation."""
    house = await house_of(visit)
    return house.page("territory.html", "territory", one=await visit.api.get(f"/v1/territories/{house.territory}"))


routes: list[BaseRoute] = [route(ROOT, territory, needs="person")]
