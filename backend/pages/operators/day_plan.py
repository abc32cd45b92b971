"""A day's tours: plan them, see what is in none and why, put stops in another order, and cancel a tour."""

import asyncio
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.admins.desk import ROLES
from backend.pages.associations.importing import passed_on
from backend.pages.client import Refused
from backend.pages.forms import Form
from backend.pages.operators.desk import Desk, Opens, of_admin, of_association
from backend.pages.visit import Visit, route
from backend.time_zones import PARIS

LISTED = 100
DAYS_SHOWN = 7
MOVES = {"up": -1, "down": 1}


def _to(desk: Desk, day: date, done: str, **query: str) -> Response:
    return desk.to(done, day=day.isoformat(), **query)


def _day(visit: Visit, typed: object = None) -> date:
    """Return the day that was asked for; by default today in Paris."""
    try:
        return date.fromisoformat(str(typed or visit.query.get("day", "")))
    except ValueError:
        return _today()


def _today() -> date:
    return datetime.now(ZoneInfo(PARIS)).date()


async def _shown(desk: Desk, day: date, form: Form, status: int = 200) -> Response:
    planned = desk.visit.query.get("plan")
    tours, waiting, plan = await asyncio.gather(
        desk.get("/v1/tours", day=day.isoformat(), stops=True),
        desk.get("/v1/collections", status="accepted", limit=LISTED),
        _plan(desk, planned),
    )
    names = {one["id"]: one for one in waiting["data"]}
    return desk.page(
        "tours.html",
        "tours",
        status,
        board=desk,
        day=day,
        days=[_today() + timedelta(days=ahead) for ahead in range(DAYS_SHOWN)],
        tours=tours["data"],
        plan=plan,
        waiting=[one for one in waiting["data"] if _on(one, day)],
        unplanned=[(names.get(one["collection_id"]), one["reason"]) for one in (plan or {}).get("unplanned", ())],
        form=form,
    )


def _on(collection: Mapping[str, Any], day: date) -> bool:
    begins = datetime.fromisoformat(collection["window_start"]).astimezone(ZoneInfo(PARIS))
    return begins.date() == day


async def _plan(desk: Desk, plan: str | None) -> Any:
    """Return the plan that the address names; None if there is none, or it is somebody else's."""
    if not plan:
        return None
    try:
        return await desk.get(f"/v1/tours/plans/{plan}")
    except Refused as refusal:
        if refusal.status not in (404, 422):
            raise
        return None


def _routes(root: str, opens: Opens, **who: Any) -> list[BaseRoute]:
    async def day(visit: Visit) -> Response:
        """Show a day's tours."""
        return await _shown(await opens(visit, root), _day(visit), Form())

    async def plan(visit: Visit) -> Response:
        """Plan a day."""
        desk, form = await opens(visit, root), await visit.form()
        wanted = _day(visit, form.value("day"))
        try:
            asked = await desk.post("/v1/tours/plan", form, {"day": wanted.isoformat()})
        except Refused as refusal:
            if refusal.status not in (409, 422):
                raise
            return await _shown(desk, wanted, form.refused(refusal, ()), refusal.status)
        return _to(desk, wanted, "plan_asked", plan=asked["id"])

    async def move(visit: Visit) -> Response:
        """Put one stop of a tour before the one above it, or behind the one below it."""
        desk, form = await opens(visit, root), await visit.form()
        path = f"/v1/tours/{visit.parameters['id']}"
        tour = await desk.get(path)
        number, _, way = str(form.value("move")).partition(":")
        order = [stop["number"] for stop in tour["stops"]]
        if number.isdigit() and int(number) in order and way in MOVES:
            here = order.index(int(number))
            there = min(max(here + MOVES[way], 0), len(order) - 1)
            order[here], order[there] = order[there], order[here]
        wanted = date.fromisoformat(tour["day"])
        try:
            await desk.sends("PUT", f"{path}/order", {"order": order})
        except Refused as refusal:
            if refusal.status not in (409, 422):
                raise
            return await _shown(desk, wanted, form.refused(refusal, ()), refusal.status)
        return _to(desk, wanted, "stops_moved")

    async def cancel(visit: Visit) -> Response:
        """Cancel a tour with a reason."""
        desk, form = await opens(visit, root), await visit.form()
        path = f"/v1/tours/{visit.parameters['id']}"
        wanted = date.fromisoformat((await desk.get(path))["day"])
        try:
            await desk.sends("POST", f"{path}/cancel", {"reason": form.value("reason")})
        except Refused as refusal:
            if refusal.status not in (409, 422):
                raise
            return await _shown(desk, wanted, form.refused(refusal, ("reason",)), refusal.status)
        return _to(desk, wanted, "tour_cancelled")

    async def sheet(visit: Visit) -> Response:
        """Return the sheet of a tour as a PDF."""
        desk = await opens(visit, root)
        return passed_on(await desk.sends("GET", f"/v1/tours/{visit.parameters['id']}/sheet.pdf"))

    return [
        route(root, day, needs="person", **who),
        route(f"{root}/plan", plan, ["POST"], needs="person", **who),
        route(f"{root}/{{id:uuid}}/sheet", sheet, needs="person", **who),
        route(f"{root}/{{id:uuid}}/order", move, ["POST"], needs="person", **who),
        route(f"{root}/{{id:uuid}}/cancel", cancel, ["POST"], needs="person", **who),
    ]


routes: list[BaseRoute] = [
    *_routes("/association/tours", of_association),
    *_routes("/admin/tours", of_admin, roles=ROLES),
]
