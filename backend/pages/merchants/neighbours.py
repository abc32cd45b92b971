"""The neighbours of a shop: associations to make an agreement with, and other shops to invite."""

from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.neighbours.schemas import ShopInvitationIn
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.merchants.workplace import Workplace, at_shop
from backend.pages.opening_hours import WEEK
from backend.pages.qr import drawn
from backend.pages.visit import Visit, route

FIELDS = ("email", "name")


async def neighbours(visit: Visit) -> Response:
    """List the associations that a shop could make an agreement with, and what became of its invitations."""
    return await _page(visit, await at_shop(visit), Form())


async def show(visit: Visit) -> Response:
    """Keep whether associations nearby see what the shop regularly leaves."""
    place = await at_shop(visit, "owner")
    form = await visit.form()
    await visit.api.patch(f"/v1/shops/{place.shop['id']}", {"shows_leftovers": form.value("shows_leftovers") == "yes"})
    return visit.to(_at(place), "saved")


async def dismiss(visit: Visit) -> Response:
    """Keep that an association is of no interest."""
    place = await at_shop(visit)
    form = await visit.form()
    unwanted = {"shop_id": place.shop["id"], "association_id": form.value("association_id")}
    await visit.api.post("/v1/neighbours/dismissals", unwanted)
    return visit.to(_at(place), "neighbour_dismissed")


async def invite(visit: Visit) -> Response:
    """Invite another shop by mail; or make a link, which is shown only now, with its square to print."""
    place = await at_shop(visit)
    form = await visit.form()
    mailed = form.value("how") != "link"
    wanted = {"email": form.value("email")} if mailed else {"name": form.value("name") or None}
    try:
        made = await visit.api.post(f"/v1/shops/{place.shop['id']}/shop-invitations", wanted, key=form.key)
    except Refused as refusal:
        if refusal.status not in (409, 422):
            raise
        return await _page(visit, place, form.refused(refusal, FIELDS), refusal.status)
    if mailed:
        return visit.to(_at(place), "shop_invited")
    return place.page(visit, "merchants/invitation.html", 201, made=made, qr=drawn(made["link"]), back=_at(place))


def _at(place: Workplace) -> str:
    return f"{place.path}/neighbours"


async def _page(visit: Visit, place: Workplace, form: Form, status: int = 200) -> Response:
    shop_id = place.shop["id"]
    asked: dict[str, Any] = {"shop_id": shop_id, "limit": 20, "after": visit.query.get("after")}
    return place.page(
        visit,
        "merchants/neighbours.html",
        status,
        form=form,
        found=await visit.api.get("/v1/neighbours/suggestions", **asked),
        counted=await visit.api.get(f"/v1/shops/{shop_id}/shop-invitations"),
        rules=constraints(ShopInvitationIn),
        week=WEEK,
        back=f"{place.path}/settings",
    )


_PAGE = "/my-shops/{shop_id:uuid}/neighbours"
routes: list[BaseRoute] = [
    route(_PAGE, neighbours, needs="person"),
    route(f"{_PAGE}/show", show, ["POST"], needs="person"),
    route(f"{_PAGE}/dismiss", dismiss, ["POST"], needs="person"),
    route(f"{_PAGE}/invite", invite, ["POST"], needs="person"),
]
