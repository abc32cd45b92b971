"""Collections that come to an association or are offered to it: accept, refuse, postpone, cancel, and receive them."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.collections.schemas import ReasonIn
from backend.pages.associations.house import House, house_where_one_works
from backend.pages.client import Refused
from backend.pages.collecting import NotATime, local, moment_typed
from backend.pages.forms import Form, constraints, whole
from backend.pages.visit import Visit, route

PAGE = "/association/collections"
COMING, ARRIVED = ("accepted", "scheduled"), ("taken", "delivered")
OLD_ONES = 10
UNITS = ("crates", "portions")


async def collections(visit: Visit) -> Response:
    """List what is offered to the association, what is on its way, what to receive, and what is over."""
    house = await house_where_one_works(visit)
    found = (await house.get("/v1/collections", association=house.id, limit=100))["data"]
    received = [one for one in found if one["association"] and one["association"]["id"] == house.id]
    soonest = sorted(received, key=lambda one: str(one["window_start"]))
    return house.page(
        "collections.html",
        "collections",
        form=Form(),
        offered=[one for one in soonest if one["status"] == "requested"],
        coming=[one for one in soonest if one["status"] in COMING],
        arrived=[one for one in soonest if one["status"] in ARRIVED],
        over=[one for one in received if one["status"] not in ("requested", *COMING, *ARRIVED)][:OLD_ONES],
        giving=[one for one in found if one["giver"] and one["giver"]["id"] == house.id][:OLD_ONES],
    )


async def collection(visit: Visit) -> Response:
    """Show one collection, with what may be done with it."""
    house = await house_where_one_works(visit)
    return await _collection_page(house, Form())


async def _collection_page(house: House, form: Form, status: int = 200) -> Response:
    path = _path(house)
    one = await house.get(path)
    ours = one["association"] is not None and one["association"]["id"] == house.id
    reception = await house.get(f"{path}/reception") if one["status"] == "received" else None
    return house.page(
        "collection.html",
        "collections",
        status,
        form=form,
        one=one,
        window={name: local(one[name], one["time_zone"]) for name in ("window_start", "window_end")},
        receives=ours and one["status"] in ARRIVED,
        reception=reception,
        rules=constraints(ReasonIn),
    )


def _path(house: House) -> str:
    return f"/v1/collections/{house.visit.parameters['id']}"


async def accept(visit: Visit) -> Response:
    """Accept a collection that is offered."""
    house = await house_where_one_works(visit)
    form = await visit.form()
    return await _decided(house, form, "accept", {}, "collection_accepted")


async def refuse(visit: Visit) -> Response:
    """Refuse a collection that is offered, with the reason that the giver reads."""
    house = await house_where_one_works(visit)
    form = await visit.form()
    return await _decided(house, form, "refuse", {"reason": form.value("reason")}, "collection_refused")


async def cancel(visit: Visit) -> Response:
    """Cancel a collection that nobody has taken yet."""
    house = await house_where_one_works(visit)
    form = await visit.form()
    return await _decided(house, form, "cancel", {"reason": form.value("reason")}, "collection_cancelled")


async def postpone(visit: Visit) -> Response:
    """Move a collection that nobody has taken yet to another window."""
    house = await house_where_one_works(visit)
    form = await visit.form()
    one = await house.get(_path(house))
    try:
        window = {name: moment_typed(form, name, one["time_zone"]) for name in ("window_start", "window_end")}
    except NotATime as wrong:
        return await _collection_page(house, form.wrong(**{str(wrong): visit.t("collections.unreadable")}), 422)
    return await _decided(house, form, "postpone", {**window, "reason": form.value("reason")}, "collection_postpone")


async def _decided(house: House, form: Form, act: str, body: Mapping[str, Any], done: str) -> Response:
    try:
        await house.post(f"{_path(house)}/{act}", form, body)
    except Refused as refusal:
        if refusal.status not in (409, 422):
            raise
        return await _collection_page(
            house, form.refused(refusal, ("reason", "window_start", "window_end")), refusal.status
        )
    return house.to(PAGE, done)


async def receive(visit: Visit) -> Response:
    """Receive what a collection brought: what is accepted, and why the rest is not."""
    house = await house_where_one_works(visit)
    form = await visit.form()
    one = await house.get(_path(house))
    body: dict[str, Any] = {"items": [said for item in one["items"] if (said := _accepted(form, item)) is not None]}
    if degrees := str(form.value("degrees")):
        body["degrees"] = _number(degrees)
    try:
        await house.post(f"{_path(house)}/reception", form, body)
    except Refused as refusal:
        if refusal.status not in (409, 422):
            raise
        return await _collection_page(house, form.refused(refusal, ("degrees",)), refusal.status)
    return house.to(PAGE, "collection_received")


def _accepted(form: Form, item: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what was typed about an item; None if it is accepted as it was taken."""
    said: dict[str, Any] = {}
    if kilograms := str(form.value(f"kg-{item['id']}")):
        grams = _grams(kilograms)
        said |= {"grams": grams} if isinstance(grams, int) else {"kg": grams}
    for unit in UNITS:
        if pieces := str(form.value(f"{unit}-{item['id']}")):
            said[unit] = whole(pieces)
    why = str(form.value(f"because-{item['id']}"))
    taken = {unit: item[f"taken_{unit}"] for unit in ("grams", *UNITS) if item[f"taken_{unit}"] is not None}
    if not why and said == taken:
        return None
    return {"item_id": item["id"], **said, **({"refused_because": why} if why else {})}


def _grams(typed: str) -> Any:
    kilograms = _number(typed)
    return round(kilograms * 1000) if isinstance(kilograms, float) else kilograms


def _number(typed: str) -> Any:
    """Return a number with a comma or a point; what is none is left for the API to refuse."""
    try:
        number = float(typed.replace(",", "."))
    except ValueError:
        return typed
    return number if abs(number) < 1e9 else typed  # no infinity, which JSON cannot say


routes: list[BaseRoute] = [
    route(PAGE, collections, needs="person"),
    route(f"{PAGE}/{{id:uuid}}", collection, needs="person"),
    route(f"{PAGE}/{{id:uuid}}/accept", accept, ["POST"], needs="person"),
    route(f"{PAGE}/{{id:uuid}}/refuse", refuse, ["POST"], needs="person"),
    route(f"{PAGE}/{{id:uuid}}/cancel", cancel, ["POST"], needs="person"),
    route(f"{PAGE}/{{id:uuid}}/postpone", postpone, ["POST"], needs="person"),
    route(f"{PAGE}/{{id:uuid}}/receive", receive, ["POST"], needs="person"),
]
