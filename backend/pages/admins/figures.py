"""The platform's figures: a chart and a table by day, week or month, and the same as a spreadsheet."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache

from markupsafe import Markup
from pydantic_core import from_json
from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.admins.desk import ROLES, desk_page
from backend.pages.amounts import Amounts
from backend.pages.client import Refused
from backend.pages.forms import Form
from backend.pages.templates import environment
from backend.pages.texts import PageLanguage, texts
from backend.pages.visit import Visit, route

PERIODS = ("day", "week", "month")
MOST_KEPT = 50


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
        found = await _figures(visit, asked)
    except Refused as refusal:
        if refusal.code != "figures.period_invalid":
            raise
        form, status = Form(asked).refused(refusal, ("from", "to")), 422
        found = await _figures(visit, {"by": asked["by"]})
    return desk_page(
        visit,
        "figures.html",
        "platform_figures",
        status,
        found=from_json(found),
        drawn=_drawn(found, visit.language),
        asked=asked,
        form=form,
        periods=PERIODS,
    )


async def _figures(visit: Visit, asked: Mapping[str, str]) -> bytes:
    answer = await visit.api.sends("GET", "/v1/admin/figures", query=asked)
    if not answer.is_success:
        raise Refused(answer)
    return answer.content


@lru_cache(MOST_KEPT)
def _drawn(found: bytes, language: PageLanguage) -> Markup:
    """Return the chart and the tables of an answer. Most answers are like the last one, and drawing takes a while."""
    t = texts(language)
    template = environment.get_template("admins/figures_drawn.html")
    # The numbers and days do not depend on the time.
    return Markup(template.render(found=from_json(found), t=t, write=Amounts(t, datetime.now(UTC)), language=language))  # noqa: S704  our template, which escapes


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
