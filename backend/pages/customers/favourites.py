"""One's favourite shops."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.visit import Visit, route

EATERS = ("customer", "beneficiary")


async def favourites(visit: Visit) -> Response:
    """Return the list of the visitor's favourite shops."""
    found = await visit.api.get("/v1/favourites", limit=50, after=visit.query.get("after"))
    return visit.page("customers/favourites.html", answer=found)


async def remove(visit: Visit) -> Response:
    """Remove a shop from the favourites."""
    await visit.api.delete(f"/v1/favourites/{visit.parameters['shop_id']}")
    return visit.to("/favourites", "favourite_removed")


routes: list[BaseRoute] = [
    route("/favourites", favourites, needs="person", roles=EATERS),
    route("/favourites/{shop_id:uuid}/remove", remove, ["POST"], needs="person", roles=EATERS),
]
