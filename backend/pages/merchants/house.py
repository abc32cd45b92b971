"""The shop itself: what its page says, where it is, when it is open, and the way to its team and devices."""

import math
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.client import Refused
from backend.pages.forms import Form, constraints, whole
from backend.pages.merchants.workplace import Workplace, at_shop
from backend.pages.opening_hours import hours_overtaken, hours_shown, hours_typed
from backend.pages.photos import send_photo
from backend.pages.visit import Visit, route
from backend.problems.common import PreconditionFailed
from backend.shops.models import Category
from backend.shops.schemas import ShopEdit

SAID = ("name", "description", "category", "telephone", "website")
PLACED = ("address", "insee_code", "latitude", "longitude")
BILLED = ("legal_name", "legal_form", "legal_address", "vat_number", "food_vat_bp")
BOXES = ("shows_impact", "vat_franchise")
FOOD_VAT = ("", "550", "1000", "2000", "210", "850")
"""The rates of VAT on food in hundredths of a percent, the usual one first; those of overseas last."""


async def settings(visit: Visit) -> Response:
    """Show what the shop says of itself, and where each part is changed."""
    return (await at_shop(visit, "reader")).page(visit, "merchants/settings.html")


async def page(visit: Visit) -> Response:
    """Show the form of what the shop's page says, or send it."""
    place = await at_shop(visit, "owner")
    values = _values(place)
    if not visit.posted:
        return _page(visit, place, Form(), values)
    form = await visit.form()
    wanted: dict[str, Any] = {name: form.value(name) for name in SAID}
    wanted |= {name: wanted[name] or None for name in ("telephone", "website")}
    wanted["shows_impact"] = bool(form.value("shows_impact"))
    if wrong := await _refused(visit, place, form, wanted, SAID, values):
        return _page(visit, place, wrong[0], {}, wrong[1])
    return visit.to(f"{place.path}/settings", "saved")


def _page(visit: Visit, place: Workplace, form: Form, values: dict[str, Any], status: int = 200) -> Response:
    return place.page(
        visit,
        "merchants/shop_page.html",
        status,
        form=form,
        values=values,
        rules=constraints(ShopEdit),
        categories=[(str(one), visit.t(f"categories.{one}")) for one in Category],
        back=f"{place.path}/settings",
    )


async def page_photo(visit: Visit) -> Response:
    """Put a photo on the shop's page, or take it away."""
    place = await at_shop(visit, "owner")
    form = await visit.form()
    taken = await send_photo(visit, form)
    if taken.wrong is not None:
        return _page(visit, place, form.wrong(photo=taken.wrong), _values(place), taken.status)
    photo_id = taken.photo_id
    await visit.api.patch(f"/v1/shops/{place.shop['id']}", {"photo_id": photo_id})
    return visit.to(f"{place.path}/settings", "saved")


def _values(place: Workplace) -> dict[str, Any]:
    return {
        **{name: place.shop[name] or "" for name in SAID},
        "shows_impact": "yes" if place.shop["shows_impact"] else "",
    }


async def address(visit: Visit) -> Response:
    """Show the form of where the shop is, or send what was changed."""
    place = await at_shop(visit, "owner")
    if not visit.posted:
        return _address(visit, place, Form(), {name: place.shop[name] for name in PLACED})
    form = await visit.form()
    wanted: dict[str, Any] = {name: form.value(name) for name in ("address", "insee_code") if form.value(name)}
    try:
        wanted |= {name: float(form.value(name).replace(",", ".")) for name in ("latitude", "longitude")}
        if not all(math.isfinite(wanted[name]) for name in ("latitude", "longitude")):
            raise ValueError("not a place")
    except ValueError:
        return _address(visit, place, form.wrong(latitude=visit.t("my_lots.unreadable")), {}, 422)
    changed = {name: value for name, value in wanted.items() if value != place.shop[name]}
    if changed and (wrong := await _refused(visit, place, form, changed, PLACED, place.shop)):
        return _address(visit, place, wrong[0], {}, wrong[1])
    return visit.to(f"{place.path}/settings", "saved")


def _address(visit: Visit, place: Workplace, form: Form, values: dict[str, Any], status: int = 200) -> Response:
    return place.page(
        visit,
        "merchants/shop_address.html",
        status,
        form=form,
        values=values,
        rules=constraints(ShopEdit),
        back=f"{place.path}/settings",
    )


async def billing(visit: Visit) -> Response:
    """Show the form of what receipts and invoices say about the company, or send it."""
    place = await at_shop(visit, "owner")
    values = {name: str(place.shop[name] or "") for name in BILLED}
    values["vat_franchise"] = "yes" if place.shop["vat_franchise"] else ""
    if not visit.posted:
        return _billing(visit, place, Form(), values)
    form = await visit.form()
    wanted: dict[str, Any] = {name: form.value(name) or None for name in BILLED}
    wanted["food_vat_bp"] = whole(form.value("food_vat_bp")) or None
    wanted["vat_franchise"] = bool(form.value("vat_franchise"))
    if wrong := await _refused(visit, place, form, wanted, BILLED, values):
        return _billing(visit, place, wrong[0], {}, wrong[1])
    return visit.to(f"{place.path}/settings", "saved")


def _billing(visit: Visit, place: Workplace, form: Form, values: dict[str, Any], status: int = 200) -> Response:
    return place.page(
        visit,
        "merchants/shop_billing.html",
        status,
        form=form,
        values=values,
        rules=constraints(ShopEdit),
        rates=[(rate, visit.t(f"my_shop.food_vat.{rate or 'unsaid'}")) for rate in FOOD_VAT],
        back=f"{place.path}/settings",
    )


async def hours(visit: Visit) -> Response:
    """Show the form of the opening hours, or send them."""
    place = await at_shop(visit, "owner")
    if not visit.posted:
        return _hours(visit, place, Form())
    form = await visit.form()
    week = hours_typed(form, place.shop["opening_hours"])
    if wrong := await _refused(visit, place, form, {"opening_hours": week}, ("opening_hours",), {}):
        again, status = wrong
        if status == PreconditionFailed.status:
            again = hours_overtaken(form, visit.t("forms.overtaken"), week, place.shop["opening_hours"])
        return _hours(visit, place, again, status)
    return visit.to(f"{place.path}/settings", "saved")


def _hours(visit: Visit, place: Workplace, form: Form, status: int = 200) -> Response:
    return place.page(
        visit,
        "merchants/shop_hours.html",
        status,
        form=form,
        **hours_shown(form, place.shop["opening_hours"]),
        back=f"{place.path}/settings",
    )


async def _refused(
    visit: Visit,
    place: Workplace,
    form: Form,
    wanted: dict[str, Any],
    fields: tuple[str, ...],
    stored: Mapping[str, Any],
) -> tuple[Form, int] | None:
    """Change the shop; return the form with what is wrong and its status, or None if nothing is.

    stored: the fields as they are now.
    """
    try:
        await visit.api.patch(f"/v1/shops/{place.shop['id']}", wanted, etag=form.value("version") or None)
    except Refused as refusal:
        if refusal.code == PreconditionFailed.code:
            boxes = {name: stored[name] for name in BOXES if name in stored}
            words = {name: visit.t("forms.ticked" if ticked else "forms.not_ticked") for name, ticked in boxes.items()}
            if "category" in stored:
                words["category"] = visit.t(f"categories.{stored['category']}")
            if "food_vat_bp" in stored:
                words["food_vat_bp"] = visit.t(f"my_shop.food_vat.{stored['food_vat_bp'] or 'unsaid'}")
            whole_form = Form({**dict.fromkeys(boxes, ""), **form.typed}, key=form.key)
            return whole_form.overtaken(visit.t("forms.overtaken"), stored, words), refusal.status
        if refusal.status in (401, 403, 404, 429) or refusal.status >= 500:
            raise
        return form.refused(refusal, fields), refusal.status
    return None


_PATH = "/my-shops/{shop_id:uuid}/settings"
routes: list[BaseRoute] = [
    route(_PATH, settings, needs="person"),
    route(f"{_PATH}/page", page, ["GET", "POST"], needs="person"),
    route("/my-shops/{shop_id:uuid}/page-photo", page_photo, ["POST"], needs="person"),
    route(f"{_PATH}/address", address, ["GET", "POST"], needs="person"),
    route(f"{_PATH}/billing", billing, ["GET", "POST"], needs="person"),
    route(f"{_PATH}/hours", hours, ["GET", "POST"], needs="person"),
]
