"""All collections, for admins: the list, and one of them with what may be done."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.admins.desk import ROLES, desk_page
from backend.pages.collecting import PAGE, STATES, decided, shown
from backend.pages.forms import Form
from backend.pages.visit import Visit, route

ALL = "/admin/collections"


async def collections(visit: Visit) -> Response:
    """List all collections, newest first."""
    status = visit.query.get("status", "")
    found = await visit.api.get(
        "/v1/collections", limit=PAGE, after=visit.query.get("after"), status=status if status in STATES else None
    )
    return desk_page(visit, "collections.html", "all_collections", found=found, status=status, states=STATES)


async def collection(visit: Visit) -> Response:
    """Show one collection, and accept it for an association, refuse, postpone or cancel it."""
    one = await visit.api.get(f"/v1/collections/{visit.parameters['collection_id']}")
    path, form, status = f"{ALL}/{one['id']}", Form(), 200
    if visit.posted:
        done, form = await decided(visit, one)
        if done is not None:
            return visit.to(path, done)
        status = 422
    fitting = []
    if "accept" in one["may"] and one["association"] is None:
        found = (await visit.api.get(f"/v1/collections/{one['id']}/suggestions"))["data"]
        fitting = [{"id": each["association_id"], "name": each["name"]} for each in found]
    return desk_page(
        visit, "collection.html", "all_collections", status, path=path, associations=fitting, **shown(visit, one, form)
    )


routes: list[BaseRoute] = [
    route(ALL, collections, needs="person", roles=ROLES),
    route(f"{ALL}/{{collection_id:uuid}}", collection, ["GET", "POST"], needs="person", roles=ROLES),
]
