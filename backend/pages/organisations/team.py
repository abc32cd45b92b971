"""The people who work for an organisation: who they are, what they may do, and whom to invite."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.members.schemas import MemberIn
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.organisations.house import House, house_of, house_that_one_owns
from backend.pages.visit import Visit, route

PAGE = "/organisation/team"
NAMES = ("email", "role")


async def team(visit: Visit) -> Response:
    """List the members and open invitations, or invite somebody. Those who do not own it may leave it here."""
    if not visit.posted:
        return await _team_page(await house_of(visit), Form())
    house = await house_that_one_owns(visit)
    form = await visit.form()
    try:
        await visit.api.post(f"{house.path}/members", {name: form.value(name) for name in NAMES}, key=form.key)
    except Refused as refusal:
        if refusal.status not in (409, 422):
            raise
        return await _team_page(house, form.refused(refusal, NAMES), refusal.status)
    return house.to(PAGE, "member_invited")


async def change_role(visit: Visit) -> Response:
    """Change what a member may do."""
    house = await house_of(visit)
    role = (await visit.form()).value("role")
    try:
        await visit.api.patch(f"{house.path}/members/{visit.parameters['id']}", {"role": role})
    except Refused as refusal:
        return await _again(house, refusal)
    return house.to(PAGE, "saved")


async def remove(visit: Visit) -> Response:
    """Remove a member, withdraw an invitation, or leave the organisation."""
    house = await house_of(visit)
    try:
        await visit.api.delete(f"{house.path}/members/{visit.parameters['id']}")
    except Refused as refusal:
        return await _again(house, refusal)
    you = (await visit.form()).value("you")
    return visit.to("/account", "organisation_left") if you else house.to(PAGE, "member_removed")


async def _again(house: House, refusal: Refused) -> Response:
    """Return the page with what the API said about a member, such as that the last owner stays."""
    if refusal.status not in (409, 422):
        raise refusal
    return await _team_page(house, Form(problem=refusal.detail), refusal.status)


async def _team_page(house: House, form: Form, status: int = 200) -> Response:
    api = house.visit.api
    members = (await api.get(f"{house.path}/members", limit=100))["data"] if house.owns else []
    held = [] if house.owns else (await api.get("/v1/me/memberships", limit=100))["data"]
    return house.page(
        "team.html",
        "team",
        status,
        form=form,
        members=members,
        own=next((one["member_id"] for one in held if one["id"] == house.id), None),
        member_rules=constraints(MemberIn),
    )


routes: list[BaseRoute] = [
    route(PAGE, team, ["GET", "POST"], needs="person"),
    route(f"{PAGE}/{{id:uuid}}/role", change_role, ["POST"], needs="person"),
    route(f"{PAGE}/{{id:uuid}}/remove", remove, ["POST"], needs="person"),
]
