"""The figures of a shop: a period, compared with as many days before, as a chart beside its table."""

from datetime import date, timedelta
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.client import Refused
from backend.pages.merchants.workplace import Workplace, at_shop
from backend.pages.visit import Visit, route

# How many days, and how they are added up.
PERIODS = {"7": "day", "28": "week", "91": "week", "365": "month"}
_PASSED_ON = ("content-type", "content-disposition")


async def figures(visit: Visit) -> Response:
    """Return the page."""
    place = await at_shop(visit, "reader")
    period = visit.query["days"] if visit.query.get("days") in PERIODS else "28"
    first, last = _days(place, period)
    asked = {"from": first.isoformat(), "to": last.isoformat(), "by": PERIODS[period]}
    found = await visit.api.get(f"/v1/shops/{place.shop['id']}/figures", **asked)
    return place.page(
        visit,
        "merchants/figures.html",
        found=found,
        first=first,
        last=last,
        rows=[_row(row) for row in found["rows"]],
        period=period,
        periods=list(PERIODS),
        asked=asked,
    )


def _days(place: Workplace, period: str) -> tuple[date, date]:
    """Return the first and last day of a period that ended yesterday."""
    last = place.midnight(-1).date()
    return last - timedelta(days=int(period) - 1), last


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "first": date.fromisoformat(row["from"]), "last": date.fromisoformat(row["to"])}


async def spreadsheet(visit: Visit) -> Response:
    """Return the figures of a period as a file for a spreadsheet."""
    place = await at_shop(visit, "reader")
    asked = {name: visit.query.get(name) for name in ("from", "to", "by")}
    answer = await visit.api.sends("GET", f"/v1/shops/{place.shop['id']}/figures.csv", query=asked)
    if not answer.is_success:
        raise Refused(answer)
    headers = {name: answer.headers[name] for name in _PASSED_ON if name in answer.headers}
    return Response(answer.content, headers=headers)


routes: list[BaseRoute] = [
    route("/my-shops/{shop_id:uuid}/figures", figures, needs="person"),
    route("/my-shops/{shop_id:uuid}/figures.csv", spreadsheet, needs="person"),
]
