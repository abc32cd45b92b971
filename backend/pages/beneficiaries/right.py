"""« Mon droit »: until when, how many portions today, and who answers for it."""

from datetime import date

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.visit import Visit, route


async def my_right(visit: Visit) -> Response:
    """Show the beneficiary's right."""
    me = await visit.api.get("/v1/me")
    right = me["beneficiary"]
    no_shows = right["no_shows"]
    return visit.page(
        "beneficiaries/right.html",
        right=right,
        until=date.fromisoformat(right["eligible_until"]),
        explanation=no_shows["explanation"],
        support=await visit.api.get("/v1/me/support"),
    )


routes: list[BaseRoute] = [route("/my-right", my_right, needs="person", roles=("beneficiary",))]
