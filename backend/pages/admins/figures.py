"""The platform's figures: a chart and a table by day, week or month, and the same as a spreadsheet."""

from datetime import date

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.admins.desk import ROLES, desk_page
from backend.pages.client import Refused
from backend.pages.forms import Form
from backend.pages.visit import Visit, route

PERIODS = ("day", "week", "month")


def _asked(visit: Visit) -> dict[str, str]:
    """Return the days and the period of the address; anything else is left out."""
    asked = {}
    for name in ("from", "to"):
        try:
            asked[name] = date.fromisoformat(visit.query.get(name, "")).isoformat()
        except ValueError:
            continue
    if visit.query.get("by") in PERIODS:
        asked["by"] = visit.query["by"]
    return asked


async def figures(visit: Visit) -> Response:
    """Show the figures of some days, by default of the last thirty."""
    asked = {"by": "week", **_asked(visit)}
    form, status = Form(), 200
    try:
        found = await visit.api.get("/v1/admin/figures", **asked)
    except Refused as refusal:
        if refusal.code != "figures.period_invalid":
            raise
        form, status = Form(asked).refused(refusal, ("from", "to")), 422
        found = await visit.api.get("/v1/admin/figures", by=asked["by"])
    return desk_page(
        visit, "figures.html", "platform_figures", status, found=found, asked=asked, form=form, periods=PERIODS
    )


async def download(visit: Visit) -> Response:
    """Return the figures as a spreadsheet."""
    answer = await visit.api.sends("GET", "/v1/admin/figures.csv", query=_asked(visit))
    if not answer.is_success:
        raise Refused(answer)
    kept = ("content-disposition", "content-type")
    return Response(answer.content, headers={name: answer.headers[name] for name in kept})


routes: list[BaseRoute] = [
    route("/admin/figures", figures, needs="person", roles=ROLES),
    route("/admin/figures.csv", download, needs="person", roles=ROLES),
]
