"""The lots that one gives: what became of each, and what happens to portions that nobody reserves."""

from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.client import Refused
from backend.pages.forms import Form
from backend.pages.visit import Visit, route


async def gifts(visit: Visit) -> Response:
    """Return the list of the visitor's gifts."""
    found = await visit.api.get("/v1/suspended-lots", limit=20, after=visit.query.get("after"))
    return visit.page("customers/gifts.html", answer=found)


async def gift(visit: Visit) -> Response:
    """Return the page of a gift: how to pay for it, or what became of it."""
    return _page(visit, await visit.api.get(_path(visit)), Form())


def _page(visit: Visit, found: Any, form: Form, status: int = 200) -> Response:
    now = datetime.now(UTC)
    held = found["status"] == "held"
    return visit.page(
        "customers/gift.html",
        status,
        one=found,
        form=form,
        on_hold=held and datetime.fromisoformat(found["hold_until"]) > now,
        paying=held and "paid" in visit.query,
        can_choose=found["status"] in ("held", "offered") and datetime.fromisoformat(found["pickup_end"]) > now,
    )


async def choose(visit: Visit) -> Response:
    """Choose what happens to portions that nobody reserves."""
    form = await visit.form()
    try:
        await visit.api.patch(_path(visit), {"if_unclaimed": form.value("if_unclaimed")})
    except Refused as refusal:
        return await _again(visit, form, refusal)
    return visit.to(f"/gifts/{visit.parameters['gift_id']}", "saved")


async def cancel(visit: Visit) -> Response:
    """Cancel a gift that is not paid yet."""
    form = await visit.form()
    try:
        await visit.api.post(f"{_path(visit)}/cancel", key=form.key_for("cancel"))
    except Refused as refusal:
        return await _again(visit, form, refusal)
    return visit.to(f"/gifts/{visit.parameters['gift_id']}", "reservation_cancelled")


async def _again(visit: Visit, form: Form, refusal: Refused) -> Response:
    if refusal.status not in (409, 422):
        raise refusal
    return _page(visit, await visit.api.get(_path(visit)), form.refused(refusal, ("if_unclaimed",)), refusal.status)


def _path(visit: Visit) -> str:
    return f"/v1/suspended-lots/{visit.parameters['gift_id']}"


routes: list[BaseRoute] = [
    route("/gifts", gifts, needs="person"),
    route("/gifts/{gift_id:uuid}", gift, needs="person"),
    route("/gifts/{gift_id:uuid}/if-unclaimed", choose, ["POST"], needs="person"),
    route("/gifts/{gift_id:uuid}/cancel", cancel, ["POST"], needs="person"),
]
