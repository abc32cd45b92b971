"""The figures of a shop: a period, compared with as many days before, as a chart beside its table."""

from datetime import date
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.client import Refused
from backend.pages.merchants.workplace import STRANGERS, at_shop, workplace_of
from backend.pages.visit import Visit, route
from backend.problems.common import PathUnknown

# How many days, and how they are added up.
PERIODS = {"7": "day", "28": "week", "91": "week", "365": "month"}
_PASSED_ON = ("content-type", "content-disposition")


async def figures(visit: Visit) -> Response:
    """Return the page."""
    period = visit.query["days"] if visit.query.get("days") in PERIODS else "28"
    path = f"/v1/shops/{visit.parameters['shop_id']}/figures"
    try:
        found = await visit.api.get(path, days=period, by=PERIODS[period])
    except Refused as refusal:
        if refusal.code not in STRANGERS:
            raise
        raise PathUnknown from None
    if found["role"] is None:  # an admin reads the figures of every shop, but these pages are for its people
        raise PathUnknown
    shop = {"id": visit.parameters["shop_id"], "name": found["shop_name"], "role": found["role"]}
    return workplace_of(shop, "reader").page(
        visit,
        "merchants/figures.html",
        found=found,
        first=date.fromisoformat(found["from"]),
        last=date.fromisoformat(found["to"]),
        rows=[_row(row) for row in found["rows"]],
        period=period,
        periods=list(PERIODS),
        asked={name: found[name] for name in ("from", "to", "by")},
    )


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "first": date.fromisoformat(row["from"]), "last": date.fromisoformat(row["to"])}


async def spreadsheet(visit: Visit) -> Response:
    """Return the figures of a period as a file for a spreadsheet."""
    place = await at_shop(visit, "reader", whole=False)
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
