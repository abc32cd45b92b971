"""The association itself: what its page says, whether everybody sees it, and who works there."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.associations.schemas import AssociationEdit
from backend.members.schemas import MemberIn
from backend.pages.associations.house import House, house_of, house_that_one_owns
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.opening_hours import WEEK, hours_overtaken, hours_shown, hours_typed
from backend.pages.photos import send_photo
from backend.pages.visit import Visit, route

PAGE = "/association/about"
TEXTS = ("name", "description", "address", "insee_code", "phone", "website", "rna", "siret")
EMPTY_AS_TEXT = frozenset({"name", "description"})
BOXES = ("is_public", "distributes_in_time")
NAMES = ("email", "role")


async def about(visit: Visit) -> Response:
    """Show the association to its members, or keep what its owner changed."""
    house = await house_of(visit)
    answer = await house.sends("GET", "/v1/associations/me")
    if not visit.posted:
        return await _about_page(house, answer.json(), answer.headers["etag"], Form())
    form = await visit.form()
    body = _changes(answer.json(), form)
    try:
        if body:
            version = str(form.value("version"))
            await house.sends("PATCH", "/v1/associations/me", body, headers={"if-match": version})
    except Refused as refusal:
        if refusal.status not in (409, 412, 422):
            raise
        wrong = form.refused(refusal, TEXTS)
        if refusal.status == 412:
            known = answer.json()
            boxes = {name: "yes" if known[name] else "" for name in BOXES}
            words = {name: visit.t("forms.ticked" if ticked else "forms.not_ticked") for name, ticked in boxes.items()}
            stored = {**{name: known[name] or "" for name in TEXTS}, **boxes}
            whole = Form({**dict.fromkeys(BOXES, ""), **form.typed}, key=form.key)
            wrong = whole.overtaken(visit.t("forms.overtaken"), stored, words)
        return await _about_page(house, answer.json(), answer.headers["etag"], wrong, refusal.status)
    return house.to(PAGE, "saved")


def _changes(known: Mapping[str, Any], form: Form) -> dict[str, Any]:
    """Return the fields that were changed, so that what stays is not judged again."""
    wanted: dict[str, Any] = {name: form.value(name) == "yes" for name in BOXES}
    for name in TEXTS:
        wanted[name] = str(form.value(name)) or ("" if name in EMPTY_AS_TEXT else None)
    return {name: value for name, value in wanted.items() if value != known[name]}


async def _about_page(house: House, known: Any, version: str, form: Form, status: int = 200) -> Response:
    members = await house.get("/v1/associations/me/members", limit=100) if house.owns else {"data": []}
    return house.page(
        "about.html",
        "association",
        status,
        one=known,
        version=version,
        form=form,
        members=members["data"],
        week=WEEK,
        rules=constraints(AssociationEdit),
        member_rules=constraints(MemberIn),
    )


async def photo(visit: Visit) -> Response:
    """Put a photo on the association's page, or take it away."""
    house = await house_of(visit)
    form = await visit.form()
    taken = await send_photo(visit, form)
    if taken.wrong is not None:
        answer = await house.sends("GET", "/v1/associations/me")
        wrong = form.wrong(photo=taken.wrong)
        return await _about_page(house, answer.json(), answer.headers["etag"], wrong, taken.status)
    await house.sends("PATCH", "/v1/associations/me", {"photo_id": taken.photo_id})
    return house.to(PAGE, "saved")


async def hours(visit: Visit) -> Response:
    """Show the form of the opening hours, or send them."""
    house = await house_that_one_owns(visit)
    answer = await house.sends("GET", "/v1/associations/me")
    known, version = answer.json(), answer.headers["etag"]
    form = await visit.form() if visit.posted else Form()
    status = 200
    if visit.posted:
        week = hours_typed(form, known["opening_hours"])
        try:
            seen = {"if-match": str(form.value("version"))}
            await house.sends("PATCH", "/v1/associations/me", {"opening_hours": week}, headers=seen)
            return house.to(PAGE, "saved")
        except Refused as refusal:
            if refusal.status not in (409, 412, 422):
                raise
            status = refusal.status
            if status == 412:
                form = hours_overtaken(form, visit.t("forms.overtaken"), week, known["opening_hours"])
            else:
                form = form.refused(refusal, ("opening_hours",))
    return house.page(
        "hours.html",
        "association",
        status,
        form=form,
        one=known,
        version=version,
        **hours_shown(form, known["opening_hours"]),
    )


async def invite(visit: Visit) -> Response:
    """Invite somebody to work for the association."""
    house = await house_of(visit)
    form = await visit.form()
    try:
        await house.post("/v1/associations/me/members", form, {name: form.value(name) for name in NAMES})
    except Refused as refusal:
        if refusal.status not in (409, 422):
            raise
        answer = await house.sends("GET", "/v1/associations/me")
        wrong = form.refused(refusal, NAMES)
        return await _about_page(house, answer.json(), answer.headers["etag"], wrong, refusal.status)
    return house.to(PAGE, "member_invited")


async def change_role(visit: Visit) -> Response:
    """Change what a member may do."""
    house = await house_of(visit)
    form = await visit.form()
    path = f"/v1/associations/me/members/{visit.parameters['id']}"
    try:
        await house.sends("PATCH", path, {"role": form.value("role")})
    except Refused as refusal:
        return await _members_again(house, refusal)
    return house.to(PAGE, "saved")


async def remove(visit: Visit) -> Response:
    """Remove a member, or withdraw an invitation."""
    house = await house_of(visit)
    try:
        await house.sends("DELETE", f"/v1/associations/me/members/{visit.parameters['id']}")
    except Refused as refusal:
        return await _members_again(house, refusal)
    you = (await visit.form()).value("you")
    return visit.to("/account", "association_left") if you else house.to(PAGE, "member_removed")


async def _members_again(house: House, refusal: Refused) -> Response:
    """Return the page with what the API said about a member, such as that the last owner stays."""
    if refusal.status not in (409, 422):
        raise refusal
    answer = await house.sends("GET", "/v1/associations/me")
    wrong = Form(problem=refusal.detail)
    return await _about_page(house, answer.json(), answer.headers["etag"], wrong, refusal.status)


_MEMBERS = "/association/members"

routes: list[BaseRoute] = [
    route(PAGE, about, ["GET", "POST"], needs="person"),
    route(f"{PAGE}/photo", photo, ["POST"], needs="person"),
    route(f"{PAGE}/hours", hours, ["GET", "POST"], needs="person"),
    route(_MEMBERS, invite, ["POST"], needs="person"),
    route(f"{_MEMBERS}/{{id:uuid}}/role", change_role, ["POST"], needs="person"),
    route(f"{_MEMBERS}/{{id:uuid}}/remove", remove, ["POST"], needs="person"),
]
