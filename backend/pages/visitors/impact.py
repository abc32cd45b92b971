"""The impact so far, month by month, and how it is counted."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.visit import Visit, route


async def impact(visit: Visit) -> Response:
    """Return the figures of the whole platform, their series and their method."""
    return visit.page(
        "visitors/impact.html",
        figures=await visit.api.get("/v1/impact"),
        periods=(await visit.api.get("/v1/impact/series"))["periods"],
        method=await visit.api.get("/v1/impact/method"),
    )


routes: list[BaseRoute] = [route("/impact", impact)]
