"""Offering other associations what one has too much of."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.collections.schemas import ItemIn
from backend.needs.schemas import OfferIn
from backend.pages.associations.house import House, house_where_one_works
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints, whole
from backend.pages.visit import Visit, route
from backend.shops.models import Category

PAGE = "/association/collections/offer"
OF_ITEM = ("title", "category", "kg", "crates", "date_kind", "food_date", "cold")
FIELDS = (*OF_ITEM, "day", "from", "until", "notes")
NAMES = {"window_start": "from", "window_end": "until"}
# Where to show problems that name no field.
AT = {"collection.window_invalid": "until", "lot.past_use_by": "food_date", "lot.alcohol": "title"}
_NUMBER = re.compile(r"[0-9]{1,6}(?:[.,][0-9]{1,3})?")


async def offer(visit: Visit) -> Response:
    """Show the form of an offer, or send it."""
    house = await house_where_one_works(visit)
    if not visit.posted:
        return _offer_page(house, Form())
    form = await visit.form()
    try:
        made = await house.post("/v1/associations/me/offers", form, _wanted(form, ZoneInfo(house.time_zone)))
    except Refused as refusal:
        if refusal.status not in (409, 422):
            raise
        return _offer_page(house, _refused(form, refusal), refusal.status)
    return house.to(f"/association/collections/{made['id']}", "surplus_offered")


def _wanted(form: Form, zone: ZoneInfo) -> dict[str, Any]:
    """Return the offer as the API takes it; what cannot be read is left for the API to refuse."""
    item: dict[str, Any] = {name: form.value(name) for name in ("title", "category", "date_kind", "cold")}
    if kilograms := str(form.value("kg")):
        item["kg"] = float(kilograms.replace(",", ".")) if _NUMBER.fullmatch(kilograms) else kilograms
    if crates := str(form.value("crates")):
        item["crates"] = whole(crates)
    if (day := str(form.value("food_date"))) and item["date_kind"] != "none":
        item["food_date"] = day
    return {
        "items": [item],
        "window_start": _moment(form, "from", zone),
        "window_end": _moment(form, "until", zone),
        "notes": form.value("notes"),
    }


def _moment(form: Form, name: str, zone: ZoneInfo) -> str:
    try:
        at = time.fromisoformat(str(form.value(name)))
        return datetime.combine(date.fromisoformat(str(form.value("day"))), at, zone).isoformat()
    except ValueError:
        return str(form.value(name))


def _refused(form: Form, refusal: Refused) -> Form:
    """Return the form with what the API said, at the fields of the one item that it has."""
    if (field := AT.get(str(refusal.problem.get("code")))) is not None:
        return form.wrong(**{field: refusal.detail})
    for error in refusal.problem.get("errors") or ():
        parts = str(error["field"]).split(".")
        if parts[:2] == ["body", "items"] and parts[-1] in OF_ITEM:
            error["field"] = f"body.{parts[-1]}"
        elif parts[:2] == ["body", "items"]:
            error["field"] = "body.food_date" if error.get("code") == "food_date_mismatch" else "body.kg"
    return form.refused(refusal, FIELDS, NAMES)


def _offer_page(house: House, form: Form, status: int = 200) -> Response:
    now = datetime.now(ZoneInfo(house.time_zone))
    tomorrow = (now + timedelta(days=1)).date()
    return house.page(
        "offer.html",
        "collections",
        status,
        form=form,
        rules={**constraints(OfferIn), **constraints(ItemIn)},
        categories=[one.value for one in Category],
        day=tomorrow.isoformat(),
    )


routes: list[BaseRoute] = [route(PAGE, offer, ["GET", "POST"], needs="person")]
