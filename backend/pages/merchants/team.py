"""The people of a shop, the devices at its counter, and its agreements with associations."""

from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.members.schemas import MemberIn
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.merchants.workplace import MOST, Workplace, at_shop
from backend.pages.visit import Visit, route
from backend.problems.common import PathUnknown
from backend.stations.schemas import StationIn

DECISIONS = {"confirm": "agreement_confirmed", "decline": "agreement_declined", "end": "agreement_ended"}


async def team(visit: Visit) -> Response:
    """List the members and open invitations, and invite somebody."""
    place = await at_shop(visit, "owner")
    if not visit.posted:
        return await _team(visit, place, Form())
    form = await visit.form()
    wanted = {"email": form.value("email"), "role": form.value("role")}
    try:
        await visit.api.post(f"/v1/shops/{place.shop['id']}/members", wanted, key=form.key)
    except Refused as refusal:
        if refusal.status not in (409, 422):
            raise
        return await _team(visit, place, form.refused(refusal, ("email", "role")), refusal.status)
    return visit.to(f"{place.path}/team", "member_invited")


async def _team(visit: Visit, place: Workplace, form: Form, status: int = 200) -> Response:
    found = await visit.api.get(f"/v1/shops/{place.shop['id']}/members", limit=MOST)
    return place.page(
        visit,
        "merchants/team.html",
        status,
        form=form,
        members=found["data"],
        rules=constraints(MemberIn),
        back=f"{place.path}/settings",
    )


async def change_member(visit: Visit) -> Response:
    """Change what a member may do, or part with them."""
    place = await at_shop(visit, "owner")
    form = await visit.form()
    path = f"/v1/shops/{place.shop['id']}/members/{visit.parameters['member_id']}"
    try:
        if form.value("role") == "none":
            await visit.api.delete(path)
        else:
            await visit.api.patch(path, {"role": form.value("role")})
    except Refused as refusal:
        if refusal.status not in (409, 422):
            raise
        wrong = Form(problem=refusal.detail)
        return await _team(visit, place, wrong, refusal.status)
    return visit.to(f"{place.path}/team", "saved")


async def leave(visit: Visit) -> Response:
    """Ask whether the person wants to leave the shop, or do it."""
    place = await at_shop(visit, "reader")
    if not visit.posted:
        return place.page(visit, "merchants/leave.html", back=f"{place.path}/settings")
    held = (await visit.api.get("/v1/me/memberships", limit=MOST))["data"]
    member = next(one["member_id"] for one in held if one["id"] == place.shop["id"])
    await visit.api.delete(f"/v1/shops/{place.shop['id']}/members/{member}")
    return visit.to("/account", "shop_left")


async def stations(visit: Visit) -> Response:
    """List the devices at the counter, and add one. The code to pair it with is shown only now."""
    place = await at_shop(visit, "owner")
    if not visit.posted:
        return await _stations(visit, place, Form())
    form = await visit.form()
    try:
        added = await visit.api.post(
            f"/v1/shops/{place.shop['id']}/stations", {"name": form.value("name")}, key=form.key
        )
    except Refused as refusal:
        if refusal.status not in (409, 422):
            raise
        return await _stations(visit, place, form.refused(refusal, ("name",)), refusal.status)
    return await _stations(visit, place, Form(), 201, added)


async def _stations(
    visit: Visit, place: Workplace, form: Form, status: int = 200, added: dict[str, Any] | None = None
) -> Response:
    found = await visit.api.get(f"/v1/shops/{place.shop['id']}/stations", limit=MOST)
    return place.page(
        visit,
        "merchants/stations.html",
        status,
        form=form,
        added=added,
        stations=[one for one in found["data"] if one["status"] != "revoked"],
        rules=constraints(StationIn),
        back=f"{place.path}/settings",
    )


async def revoke_station(visit: Visit) -> Response:
    """Revoke a device."""
    place = await at_shop(visit, "owner")
    await visit.api.delete(f"/v1/shops/{place.shop['id']}/stations/{visit.parameters['station_id']}")
    return visit.to(f"{place.path}/stations", "station_revoked")


async def agreements(visit: Visit) -> Response:
    """List the agreements with associations: first those that wait for an answer."""
    place = await at_shop(visit)
    found = (await visit.api.get("/v1/agreements", shop_id=place.shop["id"], limit=MOST))["data"]
    found.sort(key=lambda one: one["status"] != "proposed")
    return place.page(visit, "merchants/agreements.html", agreements=found, back=f"{place.path}/settings")


async def decide_agreement(visit: Visit) -> Response:
    """Confirm, decline or end an agreement."""
    place = await at_shop(visit)
    decision = visit.parameters["decision"]
    if decision not in DECISIONS:
        raise PathUnknown
    await visit.api.post(f"/v1/agreements/{visit.parameters['agreement_id']}/{decision}")
    return visit.to(f"{place.path}/agreements", DECISIONS[decision])


async def agreement_document(visit: Visit) -> Response:
    """Return the signed document of an agreement."""
    await at_shop(visit)
    answer = await visit.api.sends("GET", f"/v1/agreements/{visit.parameters['agreement_id']}/document")
    if not answer.is_success:
        raise Refused(answer)
    kept = ("content-type", "content-disposition")
    return Response(answer.content, headers={name: answer.headers[name] for name in kept if name in answer.headers})


_SHOP = "/my-shops/{shop_id:uuid}"
routes: list[BaseRoute] = [
    route(f"{_SHOP}/team", team, ["GET", "POST"], needs="person"),
    route(f"{_SHOP}/team/{{member_id:uuid}}", change_member, ["POST"], needs="person"),
    route(f"{_SHOP}/leave", leave, ["GET", "POST"], needs="person"),
    route(f"{_SHOP}/stations", stations, ["GET", "POST"], needs="person"),
    route(f"{_SHOP}/stations/{{station_id:uuid}}/revoke", revoke_station, ["POST"], needs="person"),
    route(f"{_SHOP}/agreements", agreements, needs="person"),
    route(f"{_SHOP}/agreements/{{agreement_id:uuid}}/document", agreement_document, needs="person"),
    route(f"{_SHOP}/agreements/{{agreement_id:uuid}}/{{decision}}", decide_agreement, ["POST"], needs="person"),
]
