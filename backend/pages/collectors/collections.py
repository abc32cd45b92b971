"""«Collectes»: what waits for a tour near a collector, and what is or was in their own tours."""

from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.client import Refused
from backend.pages.collecting import PAGE as LISTED
from backend.pages.collectors.tours import ROLES, page_of
from backend.pages.visit import Visit, route

PAGE = "/tours/collections"


async def collections(visit: Visit) -> Response:
    """List the collections near the visitor that are in no tour, and those of their tours, newest first."""
    after = visit.query.get("after")
    found = await visit.api.get("/v1/collections", limit=LISTED, after=after)
    return page_of(visit, "collectors/collections.html", found=found, after=after, near=await _near(visit))


async def _near(visit: Visit) -> Any:
    """Return what waits near the visitor; None if they have not said what they drive."""
    answer = await visit.api.sends("GET", "/v1/collectors/me/open-collections")
    if answer.is_success:
        return answer.json()["data"]
    refusal = Refused(answer)
    if refusal.code != "collector.no_profile":
        raise refusal
    return None


routes: list[BaseRoute] = [route(PAGE, collections, needs="person", roles=ROLES)]
