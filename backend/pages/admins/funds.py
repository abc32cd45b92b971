"""Funds of organisations: confirm or reject those that were proposed, and read the others."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.funds.schemas import FundRejectionIn
from backend.pages.admins.desk import ROLES, desk_page
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.visit import Visit, route

PAGE = "/admin/funds"


async def funds(visit: Visit) -> Response:
    """List the funds: first those that wait for a decision."""
    return await _page(visit, Form())


async def confirm(visit: Visit) -> Response:
    """Confirm a fund."""
    form = await visit.form()
    try:
        await visit.api.post(f"/v1/admin/funds/{visit.parameters['id']}/confirm", key=form.key)
    except Refused as refusal:
        if refusal.status != 409:
            raise
        return await _page(visit, form.refused(refusal, ()), 409)
    return visit.to(PAGE, "fund_confirmed")


async def reject(visit: Visit) -> Response:
    """Ask why a fund is rejected, or reject it."""
    path, form, status = f"/v1/funds/{visit.parameters['id']}", Form(), 200
    if visit.posted:
        form = await visit.form()
        body = {"reason": form.value("reason")}
        try:
            await visit.api.post(f"/v1/admin/funds/{visit.parameters['id']}/reject", body, key=form.key)
        except Refused as refusal:
            if refusal.status not in (409, 422):
                raise
            form, status = form.refused(refusal, ("reason",)), refusal.status
        else:
            return visit.to(PAGE, "fund_rejected")
    one = await visit.api.get(path)
    rules = constraints(FundRejectionIn)
    return desk_page(visit, "reject_fund.html", "funds", status, one=one, form=form, rules=rules)


async def _page(visit: Visit, form: Form, status: int = 200) -> Response:
    found = await visit.api.get("/v1/funds", limit=20, after=visit.query.get("after"))
    found["data"].sort(key=lambda one: one["status"] != "proposed")
    return desk_page(visit, "funds.html", "funds", status, found=found, form=form)


routes: list[BaseRoute] = [
    route(PAGE, funds, needs="person", roles=ROLES),
    route(f"{PAGE}/{{id:uuid}}/confirm", confirm, ["POST"], needs="person", roles=ROLES),
    route(f"{PAGE}/{{id:uuid}}/reject", reject, ["GET", "POST"], needs="person", roles=ROLES),
]
