"""Lots: find one, see it, and withdraw it."""

import re

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.administration.schemas import ReasonIn
from backend.pages.admins.desk import ROLES, desk_page
from backend.pages.admins.rows import lot_rows
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.visit import Visit, route

STATUSES = ("published", "paused", "ended", "withdrawn", "recalled")
OVER = ("withdrawn", "recalled", "ended")
FILTERS = ("q", "shop", "where", "status")
LONGEST = 100
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def lots(visit: Visit) -> Response:
    """Find lots by their words, their shop, their commune and their status, or one by its address."""
    asked = {name: visit.query[name].strip()[:LONGEST] for name in FILTERS if visit.query.get(name, "").strip()}
    if named := _ID.search(asked.get("q", "")):
        return visit.to(f"/admin/lots/{named[0]}")
    if asked.get("status") not in STATUSES:
        asked.pop("status", None)
    form, insee = Form(asked), None
    if "where" in asked:
        places = (await visit.api.get("/v1/places", q=asked["where"]))["data"]
        if places:
            insee = places[0]["insee_code"]
        else:
            form = form.wrong(where=visit.t("admin.no_commune"))
    wanted = {name: asked.get(name) for name in ("q", "shop", "status")}
    found = (
        {"data": [], "has_more": False}
        if form.is_wrong
        else await visit.api.get("/v1/admin/lots", limit=20, after=visit.query.get("after"), insee=insee, **wanted)
    )
    return desk_page(
        visit, "lots.html", "lots", found=found, lot_rows=lot_rows, asked=asked, form=form, statuses=STATUSES
    )


async def lots_of_shop(visit: Visit) -> Response:
    """List the lots of a shop, newest first."""
    shop = await visit.api.get(f"/v1/shops/{visit.parameters['id']}")
    asked = {"status": visit.query["status"]} if visit.query.get("status") in STATUSES else {}
    found = await visit.api.get(
        "/v1/admin/lots", limit=20, after=visit.query.get("after"), shop_id=shop["id"], status=asked.get("status")
    )
    return desk_page(
        visit, "shop_lots.html", "lots", shop=shop, found=found, lot_rows=lot_rows, asked=asked, statuses=STATUSES
    )


async def lot(visit: Visit) -> Response:
    """Show a lot, or withdraw it."""
    if not visit.posted:
        return await _lot_page(visit, Form())
    form = await visit.form()
    path = f"/v1/admin/lots/{visit.parameters['id']}/withdraw"
    try:
        withdrawn = await visit.api.post(path, {"reason": form.value("reason")}, key=form.key)
    except Refused as refusal:
        if refusal.status not in (409, 422):
            raise
        return await _lot_page(visit, form.refused(refusal, ("reason",)), refusal.status)
    return visit.to(f"/admin/shops/{withdrawn['shop_id']}/lots", "lot_withdrawn_by_admin")


async def _lot_page(visit: Visit, form: Form, status: int = 200) -> Response:
    found = await visit.api.get(f"/v1/lots/{visit.parameters['id']}")
    return desk_page(
        visit,
        "lot.html",
        "lots",
        status,
        one=found,
        form=form,
        rules=constraints(ReasonIn),
        over=found["status"] in OVER,
    )


routes: list[BaseRoute] = [
    route("/admin/lots", lots, needs="person", roles=ROLES),
    route("/admin/shops/{id:uuid}/lots", lots_of_shop, needs="person", roles=ROLES),
    route("/admin/lots/{id:uuid}", lot, ["GET", "POST"], needs="person", roles=ROLES),
]
