"""The start page of an organisation's people: their territory now, day by day, and month by month."""

from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.associations.importing import passed_on
from backend.pages.organisations.house import ROOT, house_of
from backend.pages.visit import Visit, route
from backend.pages.visitors.territories import asked_of, published


async def territory(visit: Visit) -> Response:
    """Show what is on offer in the territory, and what is published about it."""
    house = await house_of(visit)
    path = f"/v1/territories/{quote(house.territory, safe='')}"
    asked = asked_of(visit)
    shown = await published(visit, house.territory, asked)
    live = await visit.api.get(f"{path}/live")
    days = (await visit.api.get(f"{path}/figures", by="day"))["data"]
    now = {name: value for name, value in live.items() if name != "at"}
    if same := visit.unchanged(house.name, house.role, house.asked, house.others, now, days, shown.rows, shown.parts):
        return same
    return house.page(
        "territory.html", "territory", one=shown.one, shown=shown, asked=asked, live=live, days=days[::-1]
    )


async def zones(visit: Visit) -> Response:
    """Return the figures of a commune's zones by day, which only its own people may have."""
    house = await house_of(visit)
    asked = {"by": "day", "parts": "zone"}
    return passed_on(
        await visit.api.sends("GET", f"/v1/territories/{quote(house.territory, safe='')}/figures.csv", query=asked)
    )


routes: list[BaseRoute] = [
    route(ROOT, territory, needs="person"),
    route(f"{ROOT}/zones.csv", zones, needs="person"),
]
