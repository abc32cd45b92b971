"""Recurring listings of a shop: the week to come, each listing, and one day of it that differs."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.lots.models import Allergen, ReductionGround
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.merchants.lot_fields import Unreadable, cents, started_from, whole, written
from backend.pages.merchants.lots import in_words, read_lot, refused
from backend.pages.merchants.workplace import MOST, Workplace, at_shop
from backend.pages.visit import Visit, route
from backend.problems.common import PathUnknown, PreconditionFailed
from backend.recurring.schemas import RecurringIn
from backend.shops.models import Category

DAYS = 7
WEEKDAYS = range(1, 8)
NAMES = {"original_price_cents": "original_price", "price_cents": "price"}
FIELDS = (
    "title", "description", "category", "kind", "original_price", "price", "quantity", "weekdays", "publish_at",
    "pickup_from", "pickup_until", "date_kind", "food_date_in_days", "allergens", "cold_chain", "weight_grams",
    "origin", "reduction_ground", "becomes_free_minutes", "gtin",
)  # fmt: skip
_PLAIN = ("title", "description", "category", "kind", "publish_at", "pickup_from", "pickup_until", "date_kind")


async def week(visit: Visit) -> Response:
    """Show what will be published on the next seven days, and the listings behind it."""
    place = await at_shop(visit)
    found = await visit.api.get(f"/v1/shops/{place.shop['id']}/recurring-listings", limit=MOST)
    now = datetime.now(place.zone)
    days = [now.date() + timedelta(days=number) for number in range(DAYS)]
    return place.page(
        visit,
        "merchants/week.html",
        listings=[{**one, "window": _window(one, days[0], now)} for one in found["data"]],
        days=[(day, _on(found["data"], day, now)) for day in days],
        back=f"{place.path}/lots",
    )


def _on(listings: list[dict[str, Any]], day: date, now: datetime) -> list[dict[str, Any]]:
    """Return what is published on a day, by the hour: the listing with what differs on that day."""
    shown = []
    for listing in listings:
        if not listing["active"] or day.isoweekday() not in listing["weekdays"]:
            continue
        other = _other(listing, day)
        differs = {name: other[name] for name in _DIFFERS if other.get(name) is not None}
        over = datetime.combine(day, time.fromisoformat(listing["publish_at"]), now.tzinfo) <= now
        one = {**listing, **differs, "skipped": other.get("skipped", False), "over": over}
        shown.append({**one, "window": _window(one, day, now)})
    return sorted(shown, key=lambda one: str(one["pickup_from"]))


def _window(one: Mapping[str, Any], day: date, now: datetime) -> tuple[datetime, datetime]:
    """Return the pickup window of a listing on a day, in the zone of `now`."""
    start, end = (
        datetime.combine(day, time.fromisoformat(one[name]), now.tzinfo) for name in ("pickup_from", "pickup_until")
    )
    return start, end if end > start else end + timedelta(days=1)


_DIFFERS = ("quantity", "price_cents", "pickup_from", "pickup_until")


async def new(visit: Visit) -> Response:
    """Show the form of a new listing, started from a lot if the address names one, or send it."""
    place = await at_shop(visit)
    if not visit.posted:
        values: dict[str, Any] = {"category": place.shop["category"], "kind": "discounted", "date_kind": "none"}
        values |= {"weekdays": [str(day) for day in WEEKDAYS], "publish_at": "16:00"}
        if visit.query.get("from"):
            lot = await read_lot(visit, place, visit.query["from"])
            before = started_from(lot, place.zone, datetime.now(place.zone))
            values |= {**before, "pickup_from": before["from"], "pickup_until": before["until"]}
            values |= {"quantity": lot["quantity"], "allergens": lot["allergens"], "photo_id": lot["photo_id"] or ""}
        return _form(visit, place, Form(), values)
    form = await visit.form("weekdays", "allergens")
    try:
        body = _to_api(form)
        if form.value("photo_id"):
            body["photo_id"] = form.value("photo_id")
        body["shop_id"] = place.shop["id"]
        await visit.api.post("/v1/recurring-listings", body, key=form.key)
    except (Unreadable, Refused) as wrong:
        return _form(visit, place, refused(visit, form, wrong, FIELDS, NAMES), {}, getattr(wrong, "status", 422))
    return visit.to(f"{place.path}/recurring", "saved")


async def edit(visit: Visit) -> Response:
    """Show the form of a listing, or send what was changed, from the next publication on."""
    place = await at_shop(visit)
    listing, version = await _versioned(visit, place)
    if not visit.posted:
        return _form(visit, place, Form(), _values(listing), listing=listing, version=version)
    form = await visit.form("weekdays", "allergens")
    try:
        body = {name: value for name, value in _to_api(form).items() if value != listing.get(name)}
        if body:
            etag = form.value("version") or None
            await visit.api.patch(f"/v1/recurring-listings/{listing['id']}", body, etag=etag)
    except (Unreadable, Refused) as wrong:
        if isinstance(wrong, Refused) and wrong.code == PreconditionFailed.code:
            stored, whole_form = _values(listing), Form({"cold_chain": "", **form.typed}, key=form.key)
            again = whole_form.overtaken(visit.t("forms.overtaken"), stored, _in_words(visit, stored))
        else:
            again = refused(visit, form, wrong, FIELDS, NAMES)
        return _form(visit, place, again, {}, getattr(wrong, "status", 422), listing=listing, version=version)
    return visit.to(f"{place.path}/recurring", "saved")


async def pause(visit: Visit) -> Response:
    """Pause a listing, or resume it."""
    place = await at_shop(visit)
    listing = await _listing(visit, place)
    await visit.api.post(f"/v1/recurring-listings/{listing['id']}/{'pause' if listing['active'] else 'resume'}")
    return visit.to(f"{place.path}/recurring", "saved")


async def day(visit: Visit) -> Response:
    """Show the form of one day that differs, or send it: skipped, as on other days, or with other numbers."""
    place = await at_shop(visit)
    listing = await _listing(visit, place)
    try:
        on = date.fromisoformat(visit.parameters["day"])
    except ValueError:
        raise PathUnknown from None
    path = f"/v1/recurring-listings/{listing['id']}/days/{on.isoformat()}"
    if not visit.posted:
        return _day(visit, place, listing, on, Form())
    form = await visit.form()
    try:
        if form.value("what") == "restore":
            await visit.api.delete(path)
        elif form.value("what") == "skip":
            await visit.api.put(path, {"skipped": True})
        else:
            await visit.api.put(path, _differing(form, listing))
    except (Unreadable, Refused) as wrong:
        again = refused(visit, form, wrong, FIELDS, NAMES)
        return _day(visit, place, listing, on, again, getattr(wrong, "status", 422))
    return visit.to(f"{place.path}/recurring", "saved")


def _differing(form: Form, listing: Mapping[str, Any]) -> dict[str, Any]:
    wanted: dict[str, Any] = {"quantity": whole(form, "quantity")}
    wanted |= {name: form.value(name) for name in ("pickup_from", "pickup_until")}
    if listing["kind"] != "free":
        wanted["price_cents"] = cents(form, "price")
    return {name: value for name, value in wanted.items() if value != listing[name]}


def _day(visit: Visit, place: Workplace, listing: dict[str, Any], on: date, form: Form, status: int = 200) -> Response:
    other = _other(listing, on)
    return place.page(
        visit,
        "merchants/week_day.html",
        status,
        form=form,
        listing={**listing, **{name: other[name] for name in _DIFFERS if other.get(name) is not None}},
        price=written(other.get("price_cents") or listing["price_cents"]),
        changed=bool(other),
        on=on,
        back=f"{place.path}/recurring",
    )


def _other(listing: Mapping[str, Any], on: date) -> dict[str, Any]:
    """Return what differs on a day; empty if nothing does."""
    found: list[dict[str, Any]] = [one for one in listing["days"] if one["day"] == on.isoformat()]
    return found[0] if found else {}


def _in_words(visit: Visit, values: Mapping[str, Any]) -> dict[str, str]:
    """Return how to say the fields of a listing that are codes, lists or boxes."""
    days = [visit.t(f"my_shop.days.{_WEEK[int(day) - 1]}") for day in values["weekdays"]]
    return {**in_words(visit, values), "weekdays": ", ".join(days)}


async def _listing(visit: Visit, place: Workplace) -> dict[str, Any]:
    return (await _versioned(visit, place))[0]


async def _versioned(visit: Visit, place: Workplace) -> tuple[dict[str, Any], str]:
    """Return the listing in the path, and its ETag. Raises PathUnknown for another shop's."""
    answer = await visit.api.sends("GET", f"/v1/recurring-listings/{visit.parameters['listing_id']}")
    if not answer.is_success:
        raise Refused(answer)
    found: dict[str, Any] = answer.json()
    if found["shop_id"] != place.shop["id"]:
        raise PathUnknown
    return found, answer.headers["etag"]


def _to_api(form: Form) -> dict[str, Any]:
    """Return the body of a listing. Raises Unreadable."""
    free = form.value("kind") == "free"
    body: dict[str, Any] = {name: form.value(name) for name in _PLAIN}
    body["original_price_cents"] = cents(form, "original_price")
    body["price_cents"] = 0 if free else cents(form, "price")
    body["quantity"] = whole(form, "quantity")
    body["weekdays"] = [day for day in WEEKDAYS if str(day) in form.value("weekdays", [])]
    body["allergens"] = form.value("allergens", [])
    body["cold_chain"] = bool(form.value("cold_chain"))
    for name in ("weight_grams", "food_date_in_days", "becomes_free_minutes"):
        body[name] = whole(form, name) if form.value(name) else None
    if body["date_kind"] == "none":
        body["food_date_in_days"] = None
    if free:
        body["becomes_free_minutes"] = None
    for name in ("origin", "gtin"):
        body[name] = form.value(name) or None
    if form.value("reduction_ground"):
        body["reduction_ground"] = form.value("reduction_ground")
    return body


def _values(listing: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: listing[name] if listing[name] is not None else "" for name in FIELDS if name in listing}
    return {
        **kept,
        "original_price": written(listing["original_price_cents"]),
        "price": written(listing["price_cents"]) if listing["price_cents"] else "",
        "weekdays": [str(one) for one in listing["weekdays"]],
        "cold_chain": "yes" if listing["cold_chain"] else "",
    }


def _form(
    visit: Visit,
    place: Workplace,
    form: Form,
    values: dict[str, Any],
    status: int = 200,
    *,
    listing: dict[str, Any] | None = None,
    version: str = "",
) -> Response:
    return place.page(
        visit,
        "merchants/recurring_form.html",
        status,
        form=form,
        values=values,
        listing=listing,
        version=version,
        rules=constraints(RecurringIn),
        weekdays=[(str(one), visit.t(f"my_shop.days.{name}")) for one, name in zip(WEEKDAYS, _WEEK, strict=True)],
        categories=[(str(one), visit.t(f"categories.{one}")) for one in Category],
        grounds=[("", "–"), *((str(one), visit.t(f"lot.grounds.{one}")) for one in ReductionGround)],
        allergens=[(str(one), visit.t(f"allergens.{one}")) for one in Allergen],
        back=f"{place.path}/recurring",
    )


_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ALL = "/my-shops/{shop_id:uuid}/recurring"
routes: list[BaseRoute] = [
    route(_ALL, week, needs="person"),
    route(f"{_ALL}/new", new, ["GET", "POST"], needs="person"),
    route(f"{_ALL}/{{listing_id:uuid}}", edit, ["GET", "POST"], needs="person"),
    route(f"{_ALL}/{{listing_id:uuid}}/pause", pause, ["POST"], needs="person"),
    route(f"{_ALL}/{{listing_id:uuid}}/{{day}}", day, ["GET", "POST"], needs="person"),
]
