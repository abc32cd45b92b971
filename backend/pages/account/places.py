"""The places that one has saved, and the alerts about lots near them."""

from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.favourites.schemas import PlaceIn
from backend.pages.account.overview import EATERS
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints, whole
from backend.pages.visit import Visit, route
from backend.shops.models import Category

RADII_KM = (1, 2, 5, 10, 20, 50)
MOST = 10
FEW = 8


async def places(visit: Visit) -> Response:
    """Show the saved places; save another one."""
    form = await visit.form() if visit.posted else Form()
    if not visit.posted:
        return await _places(visit, form, [])
    found = await _found(visit, str(form.value("where")))
    picked = next((one for one in found if one["at"] == form.value("at")), found[0] if len(found) == 1 else None)
    if picked is None:
        if not found:
            return await _places(visit, form.wrong(where=visit.t("places.unknown")), [], 422)
        return await _places(visit, form, found)
    latitude, _, longitude = picked["at"].partition(",")
    wanted: dict[str, Any] = {
        "name": form.value("name"),
        "latitude": float(latitude),
        "longitude": float(longitude),
        "alert": {} if form.value("alert") == "yes" else None,
    }
    try:
        await visit.api.post("/v1/me/places", wanted, key=form.key)
    except Refused as refusal:
        if refusal.status not in (409, 422):
            raise
        return await _places(visit, form.refused(refusal, ("name", "where")), found, refusal.status)
    return visit.to("/account/places", "saved")


async def _found(visit: Visit, where: str) -> list[dict[str, str]]:
    """Return the places and addresses that somebody may mean, each with where it is."""
    if not where:
        return []
    try:
        answer = await visit.api.get("/v1/places", q=where)
    except Refused as refusal:
        if refusal.status != 422:
            raise
        return []
    named = [{**one, "label": f"{one['name']} ({one['department']})"} for one in answer["data"]]
    return [
        {"label": one["label"], "at": f"{one['latitude']},{one['longitude']}"}
        for one in [*answer["addresses"], *named][:FEW]
        if one["latitude"] is not None
    ]


async def _places(visit: Visit, form: Form, found: list[dict[str, str]], status: int = 200) -> Response:
    kept = await visit.api.get("/v1/me/places", limit=MOST)
    return visit.page(
        "account/places.html", status, form=form, found=found, kept=kept["data"], rules=constraints(PlaceIn)
    )


async def place(visit: Visit) -> Response:
    """Show and change a saved place and its alert."""
    path = f"/v1/me/places/{visit.parameters['place_id']}"
    form = await visit.form("categories") if visit.posted else Form()
    kept = await visit.api.get(path)
    if visit.posted:
        wanted = {"name": form.value("name"), "alert": _alert(form) if form.value("alert") == "yes" else None}
        try:
            await visit.api.patch(path, wanted)
        except Refused as refusal:
            if refusal.status not in (409, 422):
                raise
            return _place(visit, kept, form.refused(refusal, ("name", "alert")), refusal.status)
        return visit.to("/account/places", "saved")
    return _place(visit, kept, form)


def _alert(form: Form) -> dict[str, Any]:
    """Return the alert that was chosen; what is no number is left for the API to refuse."""

    def number(name: str, factor: int = 1) -> Any:
        typed = whole(form.value(name))
        return typed * factor if isinstance(typed, int) else typed

    return {
        "radius_m": number("km", 1000),
        "categories": form.value("categories", []),
        "max_price_cents": number("euros", 100) if form.value("euros") else None,
        "most_a_day": number("most_a_day"),
    }


def _place(visit: Visit, kept: Any, form: Form, status: int = 200) -> Response:
    return visit.page(
        "account/place.html",
        status,
        one=kept,
        form=form,
        rules=constraints(PlaceIn)["name"],
        radii=RADII_KM,
        categories=[str(one) for one in Category],
    )


async def remove(visit: Visit) -> Response:
    """Remove a saved place."""
    await visit.api.delete(f"/v1/me/places/{visit.parameters['place_id']}")
    return visit.to("/account/places", "place_removed")


routes: list[BaseRoute] = [
    route("/account/places", places, ["GET", "POST"], needs="person", roles=EATERS),
    route("/account/places/{place_id:uuid}", place, ["GET", "POST"], needs="person", roles=EATERS),
    route("/account/places/{place_id:uuid}/remove", remove, ["POST"], needs="person", roles=EATERS),
]
