"""The people of an association: the list, finding one, and enrolling one."""

from datetime import date, timedelta

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.beneficiaries.problems import BeneficiaryNotFound
from backend.beneficiaries.schemas import BeneficiaryIn, PersonSought
from backend.pages.associations.house import House, house_where_one_works
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints, whole
from backend.pages.visit import Visit, route
from backend.settings import settings

STATUSES = ("pending", "verified", "suspended")
FIELDS = ("first_name", "last_name", "birth_date", "household_size", "eligible_until", "email", "phone")
OPTIONAL = frozenset({"household_size", "email", "phone"})
A_YEAR = 365
ENDS_WITHIN = timedelta(days=30)


async def people(visit: Visit) -> Response:
    """List the people of an association, or go to the one whose code was typed."""
    house = await house_where_one_works(visit)
    code = visit.query.get("code", "").strip()
    asked = {"status": visit.query["status"]} if visit.query.get("status") in STATUSES else {}
    form = Form()
    if code:
        try:
            found = await house.get("/v1/beneficiaries", code=code.upper(), limit=1)
        except Refused as refusal:
            if refusal.status != 422:
                raise
            found = {"data": []}
        if found["data"]:
            return house.to(f"/association/people/{found['data'][0]['id']}")
        form = Form({"code": code}, {}, visit.t("association.code_unknown"))
    ending = None
    if visit.query.get("ending"):
        asked["ending"] = "1"
        ending = house.today + ENDS_WITHIN + timedelta(days=1)
    listed = await house.get(
        "/v1/beneficiaries",
        status=asked.get("status"),
        ending_before=ending,
        limit=20,
        after=visit.query.get("after"),
    )
    return _people_page(house, listed, asked, form)


async def find(visit: Visit) -> Response:
    """Find one person by name and date of birth, and go to their page. No name stands in an address."""
    house = await house_where_one_works(visit)
    form = await visit.form()
    sought = {name: form.value(name) for name in ("first_name", "last_name", "birth_date")}
    try:
        found = (await house.sends("POST", "/v1/beneficiaries/find", sought)).json()
    except Refused as refusal:
        if refusal.status == 404 and refusal.code == BeneficiaryNotFound.code:
            form = Form(form.typed, {}, visit.t("association.person_unknown"))
        elif refusal.status == 422:
            form = form.refused(refusal, tuple(sought))
        else:
            raise
        listed = await house.get("/v1/beneficiaries", limit=20)
        return _people_page(house, listed, {}, form, refusal.status)
    return house.to(f"/association/people/{found['id']}")


def _people_page(house: House, listed: object, asked: dict[str, str], form: Form, status: int = 200) -> Response:
    return house.page(
        "people.html",
        "people",
        status,
        found=listed,
        asked=asked,
        form=form,
        statuses=STATUSES,
        rules=constraints(PersonSought),
        today=house.today.isoformat(),
    )


async def enrol(visit: Visit) -> Response:
    """Show the form that enrols one person, or enrol them and show how they sign in for the first time."""
    house = await house_where_one_works(visit)
    if not visit.posted:
        return await _enrol_page(house, Form())
    form = await visit.form()
    try:
        enrolled = await house.post("/v1/beneficiaries", form, person_typed(form, FIELDS))
    except Refused as refusal:
        if refusal.status not in (409, 422):
            raise
        return await _enrol_page(house, form.refused(refusal, FIELDS), refusal.status)
    return house.page("enrolled.html", "people", one=enrolled, link=activation_link(visit, enrolled), form=Form())


def person_typed(form: Form, fields: tuple[str, ...]) -> dict[str, object]:
    """Return what was typed about a person, as the API takes it."""
    body: dict[str, object] = {}
    for name in fields:
        value = str(form.value(name))
        if name == "household_size":
            body[name] = whole(value) or None
        else:
            body[name] = value or (None if name in OPTIONAL else "")
    return body


def activation_link(visit: Visit, made: dict[str, str]) -> str:
    """Return the page on which somebody chooses their first password."""
    return f"{settings().public_url}/activate/{made['activation_token']}"


async def _enrol_page(house: House, form: Form, status: int = 200) -> Response:
    today = house.today
    return house.page(
        "enrol.html",
        "people",
        status,
        form=form,
        rules=constraints(BeneficiaryIn),
        today=today.isoformat(),
        until=in_a_year(today).isoformat(),
    )


def in_a_year(day: date) -> date:
    """Return the last day of a right of one year that begins on a day."""
    return day + timedelta(days=A_YEAR)


routes: list[BaseRoute] = [
    route("/association/people", people, needs="person"),
    route("/association/people/find", find, ["POST"], needs="person"),
    route("/association/people/new", enrol, ["GET", "POST"], needs="person"),
]
