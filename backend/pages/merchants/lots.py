"""The lots of a shop: the list, one lot, and what can be done with it."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.lots.models import Allergen, ReductionGround
from backend.lots.problems import QuantityBelowReserved
from backend.lots.schemas import LotIn
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.lot_cards import picture
from backend.pages.merchants.day import counted
from backend.pages.merchants.lot_fields import (
    AT,
    FIELDS,
    FREE,
    NAMES,
    Unreadable,
    changed,
    of_lot,
    offered_quantities,
    started_from,
    to_api,
    window,
    without_habits,
)
from backend.pages.merchants.workplace import MOST, Workplace, at_shop, workplace_of
from backend.pages.visit import Visit, route
from backend.problems.common import PathUnknown, PreconditionFailed
from backend.shops.models import Category

PAGE = 20
STATUSES = ("published", "draft", "ended", "withdrawn")
STEP, BEFORE_PICKUP = timedelta(minutes=15), timedelta(hours=2)
MOST_HOURS = 48
"""Quarters of an hour to choose from: twelve hours."""


async def lots(visit: Visit) -> Response:
    """List the shop's lots, newest first, all or those of one status."""
    status = visit.query.get("status") if visit.query.get("status") in STATUSES else None
    asked = {"limit": PAGE, "after": visit.query.get("after"), "status": status}
    try:
        found = await visit.api.get(f"/v1/shops/{visit.parameters['shop_id']}/workplace/lots", **asked)
    except Refused as refusal:
        if refusal.status != 404:
            raise
        raise PathUnknown from None
    place = workplace_of(found["shop"], "staff")
    return place.page(
        visit,
        "merchants/lots.html",
        found=found,
        picture=picture,
        status=status,
        statuses=STATUSES,
        asked={"status": status or ""},
    )


async def lot(visit: Visit) -> Response:
    """Show one lot with its numbers and what can be done with it."""
    place = await at_shop(visit)
    return await _lot_page(visit, place)


async def _lot_page(visit: Visit, place: Workplace, form: Form | None = None, status: int = 200) -> Response:
    found, version = await _versioned(visit, place, str(visit.parameters["lot_id"]))
    (numbers,) = (await visit.api.get(f"/v1/shops/{place.shop['id']}/day", lot=found["id"]))["lots"]
    return place.page(
        visit,
        "merchants/lot.html",
        status,
        one=counted(numbers, datetime.now(place.zone)),
        lot=found,
        version=version,
        form=form or Form(),
        hours=_hours_to_give(found, place),
        given=datetime.fromisoformat(found["becomes_free_at"]) if found["becomes_free_at"] else None,
        food_date=_day(found["food_date"]),
        back=f"{place.path}/lots",
    )


def _hours_to_give(found: dict[str, Any], place: Workplace) -> list[datetime]:
    """Return the quarters of an hour at which what is left can become free, with the one that was chosen."""
    start, end = (datetime.fromisoformat(found[name]).astimezone(place.zone) for name in ("pickup_start", "pickup_end"))
    first = max(start - BEFORE_PICKUP, datetime.now(place.zone) + STEP).replace(second=0, microsecond=0)
    first += timedelta(minutes=-first.minute % 15)
    hours = {first + STEP * number for number in range(MOST_HOURS) if first + STEP * number < end}
    if found["becomes_free_at"]:
        hours.add(datetime.fromisoformat(found["becomes_free_at"]).astimezone(place.zone))
    return sorted(hours)


async def new(visit: Visit) -> Response:
    """Show the form of a new lot, started from an earlier one if the address names it, or send it."""
    place = await at_shop(visit)
    if not visit.posted:
        now = datetime.now(place.zone)
        values = without_habits(place.shop, now)
        if visit.query.get("from"):
            values |= started_from(await read_lot(visit, place, visit.query["from"]), place.zone, now)
        return lot_form(visit, place, Form(), values)
    form = await visit.form("allergens", "guessed")
    publish = form.value("publish") != "no"
    form = merged_quantity(form)
    if publish and not form.value("checked"):
        return lot_form(visit, place, form.wrong(checked=visit.t("my_lots.not_checked")), {}, 422)
    try:
        body = to_api(form, place.zone)
        if form.value("photo_id"):
            body["photo_id"] = form.value("photo_id")
        made = await visit.api.post(
            "/v1/lots", {**body, "shop_id": place.shop["id"], "publish": publish}, key=f"{form.key}-{int(publish)}"
        )
    except (Unreadable, Refused) as wrong:
        return lot_form(visit, place, refused(visit, form, wrong), {}, getattr(wrong, "status", 422))
    return visit.to(f"{place.path}/lots/{made['id']}", "lot_published" if publish else "lot_kept")


async def edit(visit: Visit) -> Response:
    """Show the form of a lot, or send what was changed."""
    place = await at_shop(visit)
    found, version = await _versioned(visit, place, str(visit.parameters["lot_id"]))
    if not visit.posted:
        return lot_form(visit, place, Form(), of_lot(found, place.zone), lot=found, version=version)
    form = merged_quantity(await visit.form("allergens", "guessed"))
    publish = found["status"] == "draft" and form.value("publish") == "yes"
    if publish and not form.value("checked"):
        wrong = form.wrong(checked=visit.t("my_lots.not_checked"))
        return lot_form(visit, place, wrong, {}, 422, lot=found, version=version)
    whole = Form({**of_lot(found, place.zone), **_unticked(form, found), **form.typed}, key=form.key)
    try:
        body = changed(to_api(whole, place.zone), found)
        if whole.value("becomes_free") == of_lot(found, place.zone)["becomes_free"]:
            body.pop("becomes_free_at", None)
        if publish:
            body["publish"] = True
        if body:
            await visit.api.patch(f"/v1/lots/{found['id']}", body, etag=form.value("version") or None)
    except (Unreadable, Refused) as wrong_one:
        if isinstance(wrong_one, Refused) and wrong_one.code == PreconditionFailed.code:
            stored = of_lot(found, place.zone)
            page = whole.overtaken(visit.t("forms.overtaken"), stored, in_words(visit, stored))
        else:
            page = refused(visit, whole, wrong_one)
        return lot_form(visit, place, page, {}, getattr(wrong_one, "status", 422), lot=found, version=version)
    return visit.to(f"{place.path}/lots/{found['id']}", "lot_published" if publish else "saved")


def _unticked(form: Form, found: dict[str, Any]) -> dict[str, Any]:
    """Return the boxes that a form shows for this lot, unticked: a browser does not send them."""
    return {} if is_reserved(found) else {"cold_chain": "", "fair_draw": ""}


def is_reserved(found: dict[str, Any]) -> bool:
    """Return whether portions are taken, so that only some fields can change."""
    return bool(found["status"] != "draft" and found["remaining"] < found["quantity"])


async def withdraw(visit: Visit) -> Response:
    """Ask whether the lot is to be withdrawn for good, or do it."""
    place = await at_shop(visit)
    found = await read_lot(visit, place)
    if not visit.posted:
        return place.page(visit, "merchants/withdraw.html", lot=found, back=f"{place.path}/lots/{found['id']}")
    await visit.api.post(f"/v1/lots/{found['id']}/withdraw")
    return visit.to(f"{place.path}/lots", "lot_withdrawn")


async def sold_out(visit: Visit) -> Response:
    """Offer nothing more of a lot: what is reserved stays."""
    place = await at_shop(visit)
    version = (await visit.form()).value("version") or None
    for last_try in (False, True):
        found = await read_lot(visit, place)
        taken = found["quantity"] - found["remaining"]
        if taken == 0:
            return visit.to(f"{place.path}/lots/{found['id']}/withdraw")
        if found["remaining"] == 0:  # a second tap
            break
        try:
            await visit.api.patch(f"/v1/lots/{found['id']}", {"quantity": taken}, etag=version)
            break
        except Refused as wrong:
            if wrong.code == PreconditionFailed.code:
                return await _changed_meanwhile(visit, place)
            if wrong.code != QuantityBelowReserved.code or last_try:  # somebody reserved right now
                raise
    return visit.to(f"{place.path}/lots/{found['id']}", "lot_sold_out")


async def _changed_meanwhile(visit: Visit, place: Workplace) -> Response:
    """Return the lot as it is now, after somebody else changed it: nothing was done."""
    problem = Form(problem=visit.t("my_lots.changed_meanwhile"))
    return await _lot_page(visit, place, problem, PreconditionFailed.status)


async def give(visit: Visit) -> Response:
    """Choose the hour from which what is left is free for beneficiaries, or that it never is."""
    place = await at_shop(visit)
    found = await read_lot(visit, place)
    form = await visit.form()
    at = form.value("becomes_free") or None
    try:
        await visit.api.patch(f"/v1/lots/{found['id']}", {"becomes_free_at": at}, etag=form.value("version") or None)
    except Refused as wrong:
        if wrong.code == PreconditionFailed.code:
            return await _changed_meanwhile(visit, place)
        again = form.refused(wrong, ("becomes_free",), NAMES)
        if wrong.code in AT:
            again = form.wrong(becomes_free=wrong.detail)
        return await _lot_page(visit, place, again, wrong.status)
    return visit.to(f"{place.path}/lots/{found['id']}", "lot_given" if at else "lot_not_given")


async def read_lot(visit: Visit, place: Workplace, lot_id: str | None = None) -> dict[str, Any]:
    """Return a lot of this shop. Raises PathUnknown for another shop's."""
    return (await _versioned(visit, place, lot_id or str(visit.parameters["lot_id"])))[0]


async def _versioned(visit: Visit, place: Workplace, lot_id: str) -> tuple[dict[str, Any], str]:
    """Return a lot of this shop, and its ETag."""
    answer = await visit.api.sends("GET", f"/v1/lots/{lot_id}")
    if not answer.is_success:
        raise Refused(answer)
    found: dict[str, Any] = answer.json()
    if found["shop_id"] != place.shop["id"]:
        raise PathUnknown
    return found, answer.headers["etag"]


def in_words(visit: Visit, values: Mapping[str, Any]) -> dict[str, str]:
    """Return how to say the fields of a lot that are codes, lists or boxes. values: what its form starts with."""
    t = visit.t
    ticked = {
        name: t("forms.ticked" if values.get(name) else "forms.not_ticked") for name in ("cold_chain", "fair_draw")
    }
    return {
        **ticked,
        "category": t(f"categories.{values['category']}"),
        "kind": t(f"my_lots.{'free' if values['kind'] == FREE else 'discounted'}"),
        "date_kind": t(f"my_lots.date_kinds.{values['date_kind']}"),
        "allergens": ", ".join(t(f"allergens.{one}") for one in values["allergens"]),
        "reduction_ground": t(f"lot.grounds.{values['reduction_ground']}") if values["reduction_ground"] else "",
    }


def merged_quantity(form: Form) -> Form:
    """Return a form whose quantity is what was typed instead of chosen, where « another » was."""
    if form.value("quantity") != "other":
        return form
    return Form({**form.typed, "quantity": form.value("other_quantity")}, form.errors, form.problem, form.key)


def refused(
    visit: Visit,
    form: Form,
    wrong: Unreadable | Refused,
    fields: Sequence[str] = FIELDS,
    names: Mapping[str, str] = NAMES,
) -> Form:
    """Return the form with what is wrong, at its field. names: the form's name of what the API calls otherwise."""
    if isinstance(wrong, Unreadable):
        return form.wrong(**{wrong.field: visit.t("my_lots.unreadable")})
    if wrong.status in (401, 429) or wrong.status >= 500:
        raise wrong
    if AT.get(wrong.code) in fields:
        return form.wrong(**{AT[wrong.code]: wrong.detail})
    return form.refused(wrong, fields, names)


def lot_form(
    visit: Visit,
    place: Workplace,
    form: Form,
    values: dict[str, Any],
    status: int = 200,
    *,
    lot: dict[str, Any] | None = None,
    version: str = "",
    guessed: list[str] | None = None,
    remarks: list[str] | None = None,
    photo_id: str | None = None,
) -> Response:
    """Return the form of a lot. values: what it starts with. guessed: the fields that a machine read in a photo."""
    quantity = form.value("quantity", values.get("quantity"))
    portions = int(quantity) if re.fullmatch("[0-9]{1,4}", str(quantity)) else None
    return place.page(
        visit,
        "merchants/lot_form.html",
        status,
        form=form,
        values=values,
        lot=lot,
        version=version,
        locked=lot is not None and is_reserved(lot),
        rules=constraints(LotIn),
        guessed=form.value("guessed", guessed or []),
        remarks=remarks or [],
        photo_id=form.value("photo_id", photo_id) or (lot or {}).get("photo_id"),
        numbers=offered_quantities(portions),
        portions=portions,
        span=_span(Form({**values, **form.typed}), place),
        food_date=_day(form.value("food_date", values.get("food_date"))),
        categories=[(str(one), visit.t(f"categories.{one}")) for one in Category],
        grounds=[("", "–"), *((str(one), visit.t(f"lot.grounds.{one}")) for one in ReductionGround)],
        allergens=[str(one) for one in Allergen],
        back=f"{place.path}/lots/{lot['id']}" if lot else place.path,
    )


def _span(form: Form, place: Workplace) -> tuple[datetime, datetime] | None:
    try:
        return window(form, place.zone)
    except Unreadable:
        return None


def _day(typed: Any) -> date | None:
    try:
        return date.fromisoformat(typed)
    except (TypeError, ValueError):
        return None


async def earlier(visit: Visit, place: Workplace, category: str | None) -> dict[str, Any] | None:
    """Return the newest lot of the shop, of this category if there is one."""
    found: list[dict[str, Any]] = (await visit.api.get(f"/v1/shops/{place.shop['id']}/lots", limit=MOST))["data"]
    kept = [one for one in found if one["status"] != "draft"]
    return next((one for one in kept if one["category"] == category), next(iter(kept), None))


_ONE = "/my-shops/{shop_id:uuid}/lots/{lot_id:uuid}"
routes: list[BaseRoute] = [
    route("/my-shops/{shop_id:uuid}/lots", lots, needs="person"),
    route("/my-shops/{shop_id:uuid}/lots/new", new, ["GET", "POST"], needs="person"),
    route(_ONE, lot, needs="person"),
    route(f"{_ONE}/edit", edit, ["GET", "POST"], needs="person"),
    route(f"{_ONE}/withdraw", withdraw, ["GET", "POST"], needs="person"),
    route(f"{_ONE}/sold-out", sold_out, ["POST"], needs="person"),
    route(f"{_ONE}/give", give, ["POST"], needs="person"),
]
