"""The neighbours of an association: shops to make an agreement with."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.associations.house import house_where_one_works
from backend.pages.client import Refused
from backend.pages.forms import Form
from backend.pages.opening_hours import WEEK
from backend.pages.visit import Visit, route

PAGE = "/association/neighbours"


async def neighbours(visit: Visit) -> Response:
    """List the shops that the association could make an agreement with, or keep that one is of no interest."""
    house = await house_where_one_works(visit)
    if visit.posted:
        form = await visit.form()
        await house.post("/v1/neighbours/dismissals", form, {"shop_id": form.value("shop_id")})
        return house.to(PAGE, "neighbour_dismissed")
    wide = "FR" if visit.query.get("wide") else None
    asked = {"limit": 20, "after": visit.query.get("after"), **({"territory": wide} if wide else {})}
    found, needs_said = None, True
    if house.status == "verified":
        found = await house.get("/v1/neighbours/suggestions", **asked)
        try:
            await house.get("/v1/associations/me/needs")
        except Refused as refusal:
            if refusal.code != "needs.unknown":
                raise
            needs_said = False
    return house.page(
        "neighbours.html", "neighbours", found=found, needs_said=needs_said, wide=wide, week=WEEK, form=Form()
    )


routes: list[BaseRoute] = [route(PAGE, neighbours, ["GET", "POST"], needs="person")]
