"""«Faire collecter»: the list, a request from unsold lots with one tap, links, the habit and recurring requests."""

from datetime import datetime, timedelta
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.collections.asking_schemas import HabitIn, LinkIn
from backend.collections.schemas import CollectionIn, ItemIn
from backend.pages.client import Refused
from backend.pages.collecting import PAGE, REFUSED, STATES, NotATime, decided, moment_typed, shown
from backend.pages.forms import Form, constraints, whole
from backend.pages.merchants.workplace import Workplace, at_shop
from backend.pages.visit import Visit, route
from backend.problems.common import PathUnknown
from backend.shops.models import Category

_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FIELDS = ("lots", "title", "kg", "crates", "portions", "food_date", "window_start", "window_end", "notes")
FOOD = {f"items.0.{name}": name for name in ("title", "kg", "crates", "portions", "food_date")}


async def collections(visit: Visit) -> Response:
    """List the collections of the shop, newest first."""
    place = await at_shop(visit, "reader")
    status = visit.query.get("status", "")
    found = await visit.api.get(
        "/v1/collections",
        shop=place.shop["id"],
        limit=PAGE,
        after=visit.query.get("after"),
        status=status if status in STATES else None,
    )
    return place.page(visit, "merchants/collections.html", found=found, status=status, states=STATES)


async def ask(visit: Visit) -> Response:
    """Show the form of a request, with what is unsold, or send it."""
    place = await at_shop(visit)
    if not visit.posted:
        return await _ask_page(visit, place, Form())
    form = await visit.form("lots")
    body: dict[str, Any] = {
        "shop_id": place.shop["id"],
        "lots": [{"lot_id": one} for one in form.value("lots", [])],
        "items": [item_typed(form)] if form.value("title") else [],
        "notes": form.value("notes"),
        "association_id": form.value("association_id") or None,
    }
    try:
        for name in ("window_start", "window_end"):
            body[name] = moment_typed(form, name, place.shop["time_zone"])
        made = await visit.api.post("/v1/collections", body, key=form.key)
    except NotATime as wrong:
        return await _ask_page(visit, place, form.wrong(**{str(wrong): visit.t("collections.unreadable")}), 422)
    except Refused as refusal:
        if refusal.status not in REFUSED:
            raise
        return await _ask_page(visit, place, form.refused(refusal, FIELDS, FOOD), refusal.status)
    return visit.to(f"{place.path}/collections/{made['id']}", "collection_asked")


def item_typed(form: Form) -> dict[str, Any]:
    """Return the food that was typed into a form, as the API takes it."""
    item: dict[str, Any] = {name: form.value(name) for name in ("title", "category", "cold") if form.value(name)}
    item["date_kind"] = form.value("date_kind") or "none"
    item["food_date"] = form.value("food_date") or None
    if form.value("kg"):
        try:
            item["kg"] = float(str(form.value("kg")).replace(",", "."))
        except ValueError:
            item["kg"] = form.value("kg")
    for name in ("crates", "portions"):
        if form.value(name):
            item[name] = whole(form.value(name))
    return item


async def _ask_page(visit: Visit, place: Workplace, form: Form, status: int = 200) -> Response:
    unsold = await visit.api.get(f"/v1/shops/{place.shop['id']}/unsold-lots")
    agreed = await visit.api.get("/v1/agreements", shop=place.shop["id"], status="confirmed", limit=100)
    now = datetime.now(place.zone)
    last = (await visit.api.get("/v1/collections", shop=place.shop["id"], limit=1))["data"]
    told = await visit.api.get(f"/v1/collection-points/{last[0]['from_point']}/forecast") if last else None
    usual = await visit.api.get(f"/v1/shops/{place.shop['id']}/usual-leftovers")
    today = [one for one in usual["data"] if one["weekday"] == now.isoweekday()]
    picked = next((one for one in today if one["category"] == visit.query.get("usual")), None)
    starts = (now + timedelta(minutes=30)).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    ended = [one["lot_id"] for one in unsold["data"] if not one["on_sale"] and one["refusal"] is None]
    return place.page(
        visit,
        "merchants/collection_form.html",
        status,
        form=form,
        unsold=unsold["data"],
        chosen=ended,
        usual=today,
        picked=picked,
        told=told,
        today=now.date(),
        rules={**constraints(CollectionIn), **constraints(ItemIn)},
        window={name: at.strftime("%Y-%m-%dT%H:%M") for name, at in
                (("window_start", starts), ("window_end", starts + timedelta(hours=2)))},
        associations=[("", visit.t("collections.whoever_fits")),
                      *((one["association"]["id"], one["association"]["name"]) for one in agreed["data"]
                        if one["in_force"])],
        categories=[(str(one), visit.t(f"categories.{one}")) for one in Category],
        back=f"{place.path}/collections",
    )  # fmt: skip


async def collection(visit: Visit) -> Response:
    """Show one collection, and postpone or cancel it."""
    place = await at_shop(visit, "reader")
    one = await visit.api.get(f"/v1/collections/{visit.parameters['collection_id']}")
    if one["shop"] is None or one["shop"]["id"] != place.shop["id"]:
        raise PathUnknown
    path, form, status = f"{place.path}/collections/{one['id']}", Form(), 200
    if visit.posted:
        done, form = await decided(visit, one)
        if done is not None:
            return visit.to(path, done)
        status = 422
    back = f"{place.path}/collections"
    return place.page(visit, "merchants/collection.html", status, path=path, back=back, **shown(visit, one, form))


async def links(visit: Visit) -> Response:
    """Show the links that ask for collections without an account, and make or revoke one."""
    place = await at_shop(visit, "owner")
    form, made, status = Form(), None, 200
    if visit.posted:
        form = await visit.form()
        try:
            if form.value("revoke"):
                await visit.api.delete(f"/v1/collection-links/{form.value('revoke')}")
                return visit.to(f"{place.path}/collections/links", "link_revoked")
            wanted = {"shop_id": place.shop["id"], "name": form.value("name")}
            made = await visit.api.post("/v1/collection-links", wanted, key=form.key)
            form = Form()
        except Refused as refusal:
            if refusal.status not in REFUSED:
                raise
            form, status = form.refused(refusal, ("name",)), refusal.status
    found = await visit.api.get("/v1/collection-links", shop_id=place.shop["id"])
    return place.page(
        visit,
        "merchants/collection_links.html",
        status,
        links=found["data"],
        made=made,
        form=form,
        rules=constraints(LinkIn),
        back=f"{place.path}/collections",
    )


async def habit(visit: Visit) -> Response:
    """Show whether what is left is offered by itself, and change it."""
    place = await at_shop(visit)
    path = f"/v1/shops/{place.shop['id']}/collection-habit"
    found = await visit.api.get(path)
    form, status = Form(), 200
    if visit.posted:
        form = await visit.form()
        wanted = {name: form.value(name) for name in ("opens", "closes", "notes")}
        try:
            await visit.api.put(path, {**wanted, "active": bool(form.value("active"))})
            return visit.to(f"{place.path}/collections", "saved")
        except Refused as refusal:
            if refusal.status not in REFUSED:
                raise
            form, status = form.refused(refusal, ("active", "opens", "closes", "notes")), refusal.status
    return place.page(
        visit,
        "merchants/collection_habit.html",
        status,
        habit=found,
        form=form,
        rules=constraints(HabitIn),
        back=f"{place.path}/collections",
    )


async def recurring(visit: Visit) -> Response:
    """Show the recurring requests, and make one, pause or resume one, or skip a day of it."""
    place = await at_shop(visit)
    path = f"/v1/shops/{place.shop['id']}/recurring-collections"
    form, status = Form(), 200
    if visit.posted:
        form = await visit.form("weekdays")
        try:
            await _change_recurring(visit, place, form)
            return visit.to(f"{place.path}/collections/recurring", "saved")
        except Refused as refusal:
            if refusal.status not in REFUSED:
                raise
            fields = ("weekdays", "opens", "closes", "title", "kg", "crates", "portions", "last_day", "day")
            form, status = form.refused(refusal, fields, FOOD), refusal.status
    found = await visit.api.get(path)
    return place.page(
        visit,
        "merchants/collection_recurring.html",
        status,
        series=found["data"],
        form=form,
        weekdays=[(str(number), visit.t(f"my_shop.days.{name}")) for number, name in enumerate(_WEEK, 1)],
        categories=[(str(one), visit.t(f"categories.{one}")) for one in Category],
        back=f"{place.path}/collections",
    )


async def _change_recurring(visit: Visit, place: Workplace, form: Form) -> None:
    series = form.value("series")
    if series and form.value("day"):
        await visit.api.put(f"/v1/recurring-collections/{series}/days/{form.value('day')}", {"skipped": True})
        return
    if series:
        one = await visit.api.get(f"/v1/recurring-collections/{series}")
        kept = ("association_id", "weekdays", "opens", "closes", "notes", "first_day", "last_day", "items")
        items = [{name: value for name, value in item.items() if value is not None} for item in one["items"]]
        wanted = {**{name: one[name] for name in kept}, "items": items, "active": not one["active"]}
        await visit.api.put(f"/v1/recurring-collections/{series}", wanted)
        return
    item = item_typed(form)
    item.pop("food_date")
    if item["date_kind"] != "none":
        item["food_date_in_days"] = whole(form.value("food_date_in_days") or "0")
    body: dict[str, Any] = {
        "shop_id": place.shop["id"],
        "weekdays": [int(one) for one in form.value("weekdays", []) if one.isdigit()],
        "opens": form.value("opens"),
        "closes": form.value("closes"),
        "items": [item],
        "last_day": form.value("last_day") or None,
    }
    await visit.api.post("/v1/recurring-collections", body, key=form.key)


_ALL = "/my-shops/{shop_id:uuid}/collections"
routes: list[BaseRoute] = [
    route(_ALL, collections, needs="person"),
    route(f"{_ALL}/new", ask, ["GET", "POST"], needs="person"),
    route(f"{_ALL}/links", links, ["GET", "POST"], needs="person"),
    route(f"{_ALL}/habit", habit, ["GET", "POST"], needs="person"),
    route(f"{_ALL}/recurring", recurring, ["GET", "POST"], needs="person"),
    route(f"{_ALL}/{{collection_id:uuid}}", collection, ["GET", "POST"], needs="person"),
]
