"""Where nobody collects what shops regularly have left, and what became of the shops that others invited."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.admins.desk import ROLES, desk_page
from backend.pages.client import Refused
from backend.pages.forms import Form
from backend.pages.visit import Visit, route

MOST = 20
EVERYWHERE = "FR"


async def neighbours(visit: Visit) -> Response:
    """Show the communes of a territory, by default of France, and the invitations by month."""
    territory = visit.query.get("territory", "").strip()[:36] or EVERYWHERE
    form, status = Form(), 200
    try:
        left = await visit.api.get(
            "/v1/neighbours/uncollected", limit=MOST, territory=territory, after=visit.query.get("after")
        )
    except Refused as refusal:
        if refusal.status not in (404, 422):
            raise
        form, status, left = Form({"territory": territory}).wrong(territory=refusal.detail), 422, {"data": []}
    funnel = (await visit.api.get("/v1/admin/shop-invitations"))["data"]
    return desk_page(
        visit, "neighbours.html", "neighbours", status, form=form, territory=territory, left=left, funnel=funnel
    )


routes: list[BaseRoute] = [route("/admin/neighbours", neighbours, needs="person", roles=ROLES)]
