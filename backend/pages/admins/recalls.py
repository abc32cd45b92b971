"""Recalls: notices of the public feed that may name lots here, issuing a recall, and earlier ones."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.admins.desk import ROLES, desk_page
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.visit import Visit, route
from backend.recalls.schemas import RecallIn

FIELDS = ("gtin", "batch", "reason")
PAGE = "/admin/recalls"


async def recalls(visit: Visit) -> Response:
    """Show notices to decide and earlier recalls, or issue a recall."""
    if not visit.posted:
        return await _recalls_page(visit, Form())
    form = await visit.form()
    body = {name: form.value(name) or None for name in FIELDS}
    try:
        made = await visit.api.post("/v1/admin/recalls", body, key=form.key)
    except Refused as refusal:
        if refusal.status not in (409, 422):
            raise
        return await _recalls_page(visit, form.refused(refusal, FIELDS), refusal.status)
    return visit.to(PAGE, "recalled" if made["lots"] else "recalled_nothing")


async def decide(visit: Visit) -> Response:
    """Recall the lots of a notice that were ticked, or leave them on offer."""
    form = await visit.form("lots")
    recall = form.value("recall") == "yes"
    body = {"recall": recall, "lots": form.value("lots")}
    if not body["lots"]:
        return await _recalls_page(visit, Form({}, {}, visit.t("admin.tick_lots")), 422)
    await visit.api.post(f"/v1/admin/recall-notices/{visit.parameters['id']}/decide", body, key=form.key)
    return visit.to(PAGE, "recalled" if recall else "left_on_offer")


async def _recalls_page(visit: Visit, form: Form, status: int = 200) -> Response:
    notices = await visit.api.get("/v1/admin/recall-notices", waiting=True, limit=20)
    found = await visit.api.get("/v1/admin/recalls", limit=20, after=visit.query.get("after"))
    rules = constraints(RecallIn)
    return desk_page(
        visit, "recalls.html", "recalls", status, notices=notices["data"], found=found, form=form, rules=rules
    )


routes: list[BaseRoute] = [
    route(PAGE, recalls, ["GET", "POST"], needs="person", roles=ROLES),
    route(f"{PAGE}/{{id:uuid}}/decide", decide, ["POST"], needs="person", roles=ROLES),
]
