"""Problem reports about a shop's lots, and its answers."""

from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.merchants.workplace import Workplace, at_shop
from backend.pages.visit import Visit, route
from backend.problem_reports.schemas import ReportAnswerIn
from backend.problems.common import PathUnknown

PAGE = 20
FIELDS = ("outcome", "share", "text")


async def reports(visit: Visit) -> Response:
    """List the reports, newest first."""
    place = await at_shop(visit)
    found = await visit.api.get(
        "/v1/problem-reports", shop=place.shop["id"], limit=PAGE, after=visit.query.get("after")
    )
    return place.page(visit, "merchants/reports.html", found=found)


async def report(visit: Visit) -> Response:
    """Show one report, and answer it."""
    place = await at_shop(visit)
    found = await visit.api.get(f"/v1/problem-reports/{visit.parameters['report_id']}")
    if found["shop_id"] != place.shop["id"]:
        raise PathUnknown
    if not visit.posted:
        return _page(visit, place, found, Form())
    form = await visit.form()
    wanted: dict[str, Any] = {"outcome": form.value("outcome"), "text": form.value("text")}
    if form.value("outcome") == "give_back" and form.value("share"):
        try:
            wanted["share"] = int(form.value("share"))
        except ValueError:
            return _page(visit, place, found, form.wrong(share=visit.t("my_lots.unreadable")), 422)
    try:
        await visit.api.post(f"/v1/problem-reports/{found['id']}/answer", wanted, key=form.key)
    except Refused as refusal:
        if refusal.status != 422:
            raise
        return _page(visit, place, found, form.refused(refusal, FIELDS), 422)
    return visit.to(f"{place.path}/reports/{found['id']}", "report_answered")


def _page(visit: Visit, place: Workplace, found: dict[str, Any], form: Form, status: int = 200) -> Response:
    return place.page(
        visit,
        "merchants/report.html",
        status,
        report=found,
        form=form,
        rules=constraints(ReportAnswerIn),
        back=f"{place.path}/reports",
    )


routes: list[BaseRoute] = [
    route("/my-shops/{shop_id:uuid}/reports", reports, needs="person"),
    route("/my-shops/{shop_id:uuid}/reports/{report_id:uuid}", report, ["GET", "POST"], needs="person"),
]
