"""Problem reports: those to decide, those of another state, how many each shop has, and deciding one."""

from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.admins.desk import ROLES, desk_page
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints, whole
from backend.pages.visit import Visit, route
from backend.problem_reports.schemas import ReportDecisionIn

STATUSES = ("to_decide", "open", "answered", "decided")
FIELDS = ("outcome", "share", "text", "freeze_reason")


async def reports(visit: Visit) -> Response:
    """List the reports of one state, and the shops that were reported."""
    status = visit.query.get("status", "to_decide")
    found = await visit.api.get("/v1/problem-reports", status=status, limit=20, after=visit.query.get("after"))
    shops = await visit.api.get("/v1/admin/problem-reports/figures", limit=50)
    return desk_page(
        visit,
        "reports.html",
        "problem_reports",
        found=found,
        asked={"status": status},
        statuses=STATUSES,
        shops=[one for one in shops["data"] if one["reports"]],
    )


async def report(visit: Visit) -> Response:
    """Show a report, or decide it."""
    if not visit.posted:
        return await _report_page(visit, Form())
    form = await visit.form()
    outcome = form.value("outcome")
    body: dict[str, Any] = {"outcome": outcome, "text": form.value("text")}
    if outcome == "give_back":
        body["share"] = whole(form.value("share"))
    if form.value("freeze_reason"):
        body["freeze_reason"] = form.value("freeze_reason")
    try:
        await visit.api.post(f"/v1/problem-reports/{visit.parameters['id']}/decide", body, key=form.key)
    except Refused as refusal:
        if refusal.status not in (409, 422):
            raise
        return await _report_page(visit, form.refused(refusal, FIELDS), refusal.status)
    return visit.to("/admin", "report_decided")


async def _report_page(visit: Visit, form: Form, status: int = 200) -> Response:
    found = await visit.api.get(f"/v1/problem-reports/{visit.parameters['id']}")
    rules = constraints(ReportDecisionIn)
    return desk_page(visit, "report.html", "problem_reports", status, one=found, form=form, rules=rules)


routes: list[BaseRoute] = [
    route("/admin/reports", reports, needs="person", roles=ROLES),
    route("/admin/reports/{id:uuid}", report, ["GET", "POST"], needs="person", roles=ROLES),
]
