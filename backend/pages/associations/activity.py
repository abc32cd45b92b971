"""The activity of an association: what its people reserved and collected by month, and how many they are."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.associations.house import house_of
from backend.pages.associations.importing import passed_on
from backend.pages.visit import Visit, route

MONTHS = 12


async def activity(visit: Visit) -> Response:
    """Show the months that are over, and how many people there are."""
    house = await house_of(visit)
    found = await house.get("/v1/associations/me/activity")
    return house.page(
        "activity.html",
        "activity",
        months=found["months"][-MONTHS:],
        figures=await house.get("/v1/associations/me/figures"),
    )


async def download(visit: Visit) -> Response:
    """Return the activity as a spreadsheet."""
    house = await house_of(visit)
    return passed_on(await house.sends("GET", "/v1/associations/me/activity.csv"))


routes: list[BaseRoute] = [
    route("/association/activity", activity, needs="person"),
    route("/association/activity.csv", download, needs="person"),
]
