"""The funds of an organisation: list, propose and end them, read their statements, and say what was paid."""

import re
from typing import Any
from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.funds.problems import FundNotFound
from backend.funds.schemas import FundIn
from backend.pages.associations.importing import passed_on
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.organisations.house import House, house_of, house_that_one_owns
from backend.pages.visit import Visit, route
from backend.problems.common import PathUnknown
from backend.shops.models import Category

PAGE = "/organisation/funds"
TEXTS = ("name", "reference", "first_day", "last_day", "territory", "per")
FIELDS = (*TEXTS, "ceiling", "rate", "categories", "category_rates")
CALLED = {"ceiling_cents": "ceiling", "rate_cents": "rate"}
"""The form's name of what the API calls otherwise."""
ABOUT = {
    "fund.convention_needed": "reference",
    "fund.days_invalid": "last_day",
    "fund.territory_outside": "territory",
}
"""The field that a problem is about."""
FORMS = ("csv", "pdf")
OWN_RATES = 3
CATEGORIES = tuple(one.value for one in Category)
_EUROS = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]{1,2}))?")


async def funds(visit: Visit) -> Response:
    """List the funds, the newest first."""
    house = await house_of(visit)
    found = await visit.api.get("/v1/funds", limit=100)
    return house.page("funds.html", "funds", funds=[one for one in found["data"] if one["organisation_id"] == house.id])


async def propose(visit: Visit) -> Response:
    """Show the form of a new fund, or send it."""
    house = await house_that_one_owns(visit)
    if not visit.posted:
        return _propose_page(house, Form())
    form = await visit.form("categories")
    body: dict[str, Any] = {name: form.value(name) or None for name in TEXTS}
    body |= {"organisation_id": house.id, "categories": form.value("categories") or None}
    wrong = {}
    for field, name in CALLED.items():
        body[field] = _cents(form.value(name))
        if body[field] is None:
            wrong[name] = visit.t("organisation.amount_wrong")
    body["category_rates"] = {}
    for number in range(OWN_RATES):
        if category := form.value(f"category_{number}"):
            cents = _cents(form.value(f"rate_{number}"))
            body["category_rates"][category] = cents
            if cents is None:
                wrong[f"rate_{number}"] = visit.t("organisation.amount_wrong")
    if wrong:
        return _propose_page(house, form.wrong(**wrong), 422)
    try:
        await visit.api.post("/v1/funds", body, key=form.key)
    except Refused as refusal:
        if refusal.status not in (409, 422):
            raise
        about = ABOUT.get(refusal.code)
        refused = form.wrong(**{about: refusal.detail}) if about else form.refused(refusal, FIELDS, CALLED)
        return _propose_page(house, refused, refusal.status)
    return house.to(PAGE, "fund_proposed")


def _cents(typed: Any) -> int | None:
    """Return euros that were typed, with a comma or a point, as cents; None if they are no amount."""
    found = _EUROS.fullmatch(re.sub(r"[\s€]", "", str(typed)))
    return None if found is None else int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))


def _propose_page(house: House, form: Form, status: int = 200) -> Response:
    return house.page(
        "propose_fund.html",
        "funds",
        status,
        form=form,
        rules=constraints(FundIn),
        categories=CATEGORIES,
        own_rates=OWN_RATES,
    )


async def fund(visit: Visit) -> Response:
    """Show a fund and the months that were stated."""
    house = await house_of(visit)
    return house.page("fund.html", "funds", form=Form(), one=await _one(house))


async def end(visit: Visit) -> Response:
    """Ask whether to end a fund, or do it."""
    house = await house_that_one_owns(visit)
    one = await _one(house)
    if not visit.posted:
        return house.page("end_fund.html", "funds", form=Form(), one=one)
    form = await visit.form()
    await visit.api.post(f"/v1/funds/{one['id']}/end", key=form.key)
    return house.to(f"{PAGE}/{one['id']}", "fund_ended")


async def statement(visit: Visit) -> Response:
    """Show what a fund granted in a month, by shop."""
    house = await house_of(visit)
    one = await _one(house)
    found = await visit.api.get(f"/v1/funds/{one['id']}/statements/{quote(visit.parameters['month'])}")
    return house.page("fund_statement.html", "funds", form=Form(), one=one, found=found)


async def statement_file(visit: Visit) -> Response:
    """Return a statement as a paper or a spreadsheet."""
    one = await _one(await house_of(visit))
    month, form = quote(visit.parameters["month"]), visit.parameters["form"]
    if form not in FORMS:
        raise PathUnknown
    return passed_on(await visit.api.sends("GET", f"/v1/funds/{one['id']}/statements/{month}.{form}"))


async def paid(visit: Visit) -> Response:
    """Say that the organisation has paid a statement: to one shop, or to all."""
    house = await house_that_one_owns(visit)
    one, month = await _one(house), str(visit.parameters["month"])
    form = await visit.form()
    siret = form.value("siret") or None
    await visit.api.post(f"/v1/funds/{one['id']}/paid", {"month": month, "siret": siret}, key=form.key)
    return house.to(f"{PAGE}/{one['id']}/{quote(month)}", "fund_paid")


async def _one(house: House) -> Any:
    """Return the fund that the address names. Raises Refused, and FundNotFound for that of another organisation."""
    one = await house.visit.api.get(f"/v1/funds/{house.visit.parameters['id']}")
    if one["organisation_id"] != house.id:
        raise FundNotFound
    return one


_MONTH = f"{PAGE}/{{id:uuid}}/{{month}}"

routes: list[BaseRoute] = [
    route(PAGE, funds, needs="person"),
    route(f"{PAGE}/new", propose, ["GET", "POST"], needs="person"),
    route(f"{PAGE}/{{id:uuid}}", fund, needs="person"),
    route(f"{PAGE}/{{id:uuid}}/end", end, ["GET", "POST"], needs="person"),
    route(f"{_MONTH}.{{form}}", statement_file, needs="person"),
    route(_MONTH, statement, needs="person"),
    route(f"{_MONTH}/paid", paid, ["POST"], needs="person"),
]
