"""The needs of an association: categories, days, hours, weight, cold storage and distance."""

from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.needs.schemas import NeedsIn
from backend.pages.associations.house import House, house_where_one_works
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints, whole
from backend.pages.opening_hours import WEEK
from backend.pages.visit import Visit, route
from backend.shops.models import Category

PAGE = "/association/needs"
LISTS = ("takes", "lacks", "weekdays")
THOUSANDS = {"grams_a_day": "kg_a_day", "cold_grams_a_day": "cold_kg_a_day", "farthest_metres": "farthest_km"}
FIELDS = (*LISTS, "opens", "closes", *THOUSANDS.values(), "frozen", "decides")
NOT_SAID = '"r0"'
START: dict[str, Any] = {
    "takes": [],
    "lacks": [],
    "weekdays": ["1", "2", "3", "4", "5"],
    "opens": "17:00",
    "closes": "20:00",
    "kg_a_day": 100,
    "cold_kg_a_day": 0,
    "farthest_km": 10,
    "frozen": "",
    "decides": "person",
}


async def needs(visit: Visit) -> Response:
    """Show what the association takes, or keep what was changed."""
    house = await house_where_one_works(visit)
    known, version = await _known(house)
    if not visit.posted:
        return _needs_page(house, Form(), known, version)
    form = await visit.form(*LISTS)
    try:
        seen = {"if-match": str(form.value("version") or NOT_SAID)}
        await house.sends("PUT", "/v1/associations/me/needs", _wanted(form), headers=seen)
    except Refused as refusal:
        if refusal.status not in (409, 412, 422):
            raise
        wrong = form.refused(refusal, FIELDS, THOUSANDS)
        if refusal.status == 412:
            wrong = _overtaken(visit, form, known)
        return _needs_page(house, wrong, known, version, refusal.status)
    return house.to(PAGE, "saved")


async def _known(house: House) -> tuple[dict[str, Any], str]:
    """Return what the fields start with, and the version that it has."""
    try:
        answer = await house.sends("GET", "/v1/associations/me/needs")
    except Refused as refusal:
        if refusal.status != 404 or refusal.problem.get("code") != "needs.unknown":
            raise
        return START, NOT_SAID
    said = answer.json()
    return {
        **said,
        "weekdays": [str(day) for day in said["weekdays"]],
        "opens": said["opens"][:5],
        "closes": said["closes"][:5],
        **{shown: _thousandth(said[name]) for name, shown in THOUSANDS.items()},
        "frozen": "yes" if said["frozen"] else "",
    }, answer.headers["etag"]


def _thousandth(value: int) -> int | float:
    return value // 1000 if value % 1000 == 0 else value / 1000


def _thousands(typed: Any) -> Any:
    """Return kilograms or kilometres in grams or metres; what is no number is left for the API to refuse."""
    try:
        return round(float(str(typed).replace(",", ".")) * 1000)
    except (ValueError, OverflowError):
        return typed


def _wanted(form: Form) -> dict[str, Any]:
    return {
        **{name: form.value(name, []) for name in ("takes", "lacks")},
        "weekdays": [whole(day) for day in form.value("weekdays", [])],
        "opens": form.value("opens"),
        "closes": form.value("closes"),
        **{name: _thousands(form.value(shown)) for name, shown in THOUSANDS.items()},
        "frozen": form.value("frozen") == "yes",
        "decides": form.value("decides"),
    }


def _overtaken(visit: Visit, form: Form, known: dict[str, Any]) -> Form:
    """Return the form with what somebody else stored meanwhile."""
    stored = {name: known[name] for name in FIELDS}
    words = {name: ", ".join(visit.t(f"categories.{one}") for one in known[name]) for name in ("takes", "lacks")}
    words["weekdays"] = ", ".join(visit.t(f"my_shop.days.{WEEK[int(day) - 1]}") for day in known["weekdays"])
    words["frozen"] = visit.t("forms.ticked" if known["frozen"] else "forms.not_ticked")
    words["decides"] = visit.t(f"receiving.decides.{known['decides']}")
    return Form({"frozen": "", **form.typed}, key=form.key).overtaken(visit.t("forms.overtaken"), stored, words)


def _needs_page(house: House, form: Form, known: dict[str, Any], version: str, status: int = 200) -> Response:
    rules = constraints(NeedsIn)
    return house.page(
        "needs.html",
        "needs",
        status,
        form=form,
        known=known,
        version=version,
        week=WEEK,
        categories=[one.value for one in Category],
        rules=rules,
    )


routes: list[BaseRoute] = [route(PAGE, needs, ["GET", "POST"], needs="person")]
