"""One person of an association: their page, renewing, verifying, correcting, suspending, transferring and erasing."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.beneficiaries.schemas import PersonEdit, RenewalIn
from backend.pages.associations.house import House, house_where_one_works
from backend.pages.associations.people import activation_link, in_a_year, person_typed
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.visit import Visit, route

FIELDS = ("first_name", "last_name", "birth_date", "household_size", "email", "phone")


async def person(visit: Visit) -> Response:
    """Show one person, with what can be done."""
    house = await house_where_one_works(visit)
    today = house.today
    found = await house.get(_path(visit))
    return house.page(
        "person.html",
        "people",
        one=found,
        form=Form(),
        today=today.isoformat(),
        until=_next_end(found, today).isoformat(),
        rules=constraints(RenewalIn),
    )


async def renew(visit: Visit) -> Response:
    """Ask until when a right is renewed, or renew it."""
    house = await house_where_one_works(visit)
    if not visit.posted:
        return await _renew_page(house, Form())
    form = await visit.form()
    try:
        await house.post(f"{_path(visit)}/renew", form, {"eligible_until": form.value("eligible_until")})
    except Refused as refusal:
        if refusal.status != 422:
            raise
        return await _renew_page(house, form.refused(refusal, ("eligible_until",)), 422)
    if form.value("from") == "person":
        return house.to(_page(visit), "right_renewed")
    return house.to("/association", "right_renewed")


async def _renew_page(house: House, form: Form, status: int = 200) -> Response:
    found = await house.get(_path(house.visit))
    today = house.today
    return house.page(
        "renew.html",
        "to_do",
        status,
        one=found,
        form=form,
        until=_next_end(found, today).isoformat(),
        today=today.isoformat(),
        rules=constraints(RenewalIn),
    )


async def verify(visit: Visit) -> Response:
    """Verify somebody, or end their suspension."""
    return await _does(visit, "verify", "person_verified")


async def suspend(visit: Visit) -> Response:
    """Suspend somebody's right."""
    return await _does(visit, "suspend", "person_suspended")


async def revoke_card(visit: Visit) -> Response:
    """Revoke the card that somebody lost."""
    return await _does(visit, "card/revoke", "card_revoked")


async def _does(visit: Visit, what: str, done: str) -> Response:
    house = await house_where_one_works(visit)
    form = await visit.form()
    await house.post(f"{_path(visit)}/{what}", form)
    return house.to("/association" if form.value("from") == "to_do" else _page(visit), done)


async def correct(visit: Visit) -> Response:
    """Show what is known about somebody, to correct it, or keep what was corrected."""
    house = await house_where_one_works(visit)
    if not visit.posted:
        answer = await house.sends("GET", _path(visit))
        return _correct_page(house, answer.json(), Form(), answer.headers["etag"])
    form = await visit.form()
    version = str(form.value("version"))
    try:
        await house.sends("PATCH", _path(visit), person_typed(form, FIELDS), headers={"if-match": version})
    except Refused as refusal:
        if refusal.status not in (409, 412, 422):
            raise
        answer = await house.sends("GET", _path(visit))
        wrong = form.refused(refusal, FIELDS)
        if refusal.status == 412:
            wrong = form.overtaken(visit.t("forms.overtaken"), _stored(answer.json()["person"]))
        return _correct_page(house, answer.json(), wrong, answer.headers["etag"], refusal.status)
    return house.to(_page(visit), "saved")


def _stored(known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form starts with."""
    return {name: "" if known.get(name) is None else known[name] for name in FIELDS}


def _correct_page(house: House, found: Any, form: Form, version: str, status: int = 200) -> Response:
    rules = constraints(PersonEdit)
    return house.page("correct.html", "people", status, one=found, form=form, version=version, rules=rules)


async def activate(visit: Visit) -> Response:
    """Make a new link for the first sign-in, and show it. It is shown here only."""
    house = await house_where_one_works(visit)
    form = await visit.form()
    found = await house.get(_path(visit))
    made = await house.post(f"{_path(visit)}/activation", form)
    return house.page("enrolled.html", "people", one=found, link=activation_link(visit, made), form=Form())


async def transfer(visit: Visit) -> Response:
    """Find the association that is to receive somebody, or ask it."""
    house = await house_where_one_works(visit)
    if visit.posted:
        form = await visit.form()
        try:
            wanted = form.value("association_id")
            await house.post(f"{_path(visit)}/transfer", form, {"association_id": wanted})
        except Refused as refusal:
            if refusal.status not in (404, 409, 422):
                raise
            return await _transfer_page(house, form.refused(refusal, ()), refusal.status)
        return house.to(_page(visit), "transfer_asked")
    return await _transfer_page(house, Form(visit.query if visit.query.get("q") else {}))


async def _transfer_page(house: House, form: Form, status: int = 200) -> Response:
    words = str(form.value("q")).strip()[:100]
    found = await house.visit.api.get("/v1/associations", limit=20, **({"q": words} if words else {}))
    return house.page(
        "transfer.html",
        "people",
        status,
        one=await house.get(_path(house.visit)),
        others=[each for each in found["data"] if each["id"] != house.id],
        words=words,
        form=form,
    )


async def erase(visit: Visit) -> Response:
    """Ask once more before somebody is erased, or erase them."""
    house = await house_where_one_works(visit)
    if not visit.posted:
        return house.page("erase.html", "people", one=await house.get(_path(visit)), form=Form())
    form = await visit.form()
    if form.value("sure") != "yes":
        wrong = form.wrong(sure=visit.t("forms.missing"))
        return house.page("erase.html", "people", 422, one=await house.get(_path(visit)), form=wrong)
    await house.sends("DELETE", _path(visit))
    return house.to("/association/people", "person_erased")


def _next_end(found: Mapping[str, Any], today: date) -> date:
    """Return the day that a renewal proposes: a year after the right's last day, or after today if it has ended."""
    return in_a_year(max(date.fromisoformat(found["eligible_until"]), today))


def _path(visit: Visit) -> str:
    return f"/v1/beneficiaries/{visit.parameters['id']}"


def _page(visit: Visit) -> str:
    return f"/association/people/{visit.parameters['id']}"


_ONE = "/association/people/{id:uuid}"

routes: list[BaseRoute] = [
    route(_ONE, person, needs="person"),
    route(f"{_ONE}/renew", renew, ["GET", "POST"], needs="person"),
    route(f"{_ONE}/verify", verify, ["POST"], needs="person"),
    route(f"{_ONE}/suspend", suspend, ["POST"], needs="person"),
    route(f"{_ONE}/correct", correct, ["GET", "POST"], needs="person"),
    route(f"{_ONE}/activation", activate, ["POST"], needs="person"),
    route(f"{_ONE}/card/revoke", revoke_card, ["POST"], needs="person"),
    route(f"{_ONE}/transfer", transfer, ["GET", "POST"], needs="person"),
    route(f"{_ONE}/erase", erase, ["GET", "POST"], needs="person"),
]
