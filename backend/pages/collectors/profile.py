"""A collector's profile: vehicle, hours and area, and the address of their calendar."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.client import Refused
from backend.pages.collectors.tours import METRES_A_KM, ROLES, page_of
from backend.pages.forms import Form, constraints, whole
from backend.pages.opening_hours import WEEK, hours_shown, hours_typed
from backend.pages.visit import Visit, route
from backend.tours.models import VehicleKind
from backend.tours.schemas import ProfileIn

PAGE = "/tours/profile"
GRAMS_A_KG = 1000
FIELDS = (
    "vehicle", "professional", "kilograms", "crates", "cold_crates", "speed_kmh", "farthest", "commune", "insee_code",
    "radius", "returns_to_start", "away_until", "opening_hours",
)  # fmt: skip
_NAMES = {"most_grams": "kilograms", "farthest_metres": "farthest", "radius_metres": "radius", "hours": "opening_hours"}
# What the form begins with, for a collector who has said nothing yet.
_FIRST: Mapping[str, Any] = {
    "vehicle": VehicleKind.CARGO_BIKE,
    "crates": 10,
    "cold_crates": 0,
    "speed_kmh": 15,
    "kilograms": 80,
    "radius": 10,
    "returns_to_start": True,
    "professional": False,
    "farthest": "",
    "commune": "",
    "away_until": None,
    "hours": {day: [] for day in WEEK},
}


async def profile(visit: Visit) -> Response:
    """Show the form, or keep what was typed."""
    known = await _known(visit)
    if not visit.posted:
        return _page(visit, known, Form())
    form = await visit.form()
    try:
        body = await _to_api(visit, form, known)
        if body is None:
            return _page(visit, known, form.wrong(commune=visit.t("my_shops.commune_unknown")), 422)
        await visit.api.put("/v1/collectors/me", body)
    except Refused as refusal:
        if refusal.status not in (409, 412, 422):
            raise
        return _page(visit, known, form.refused(refusal, FIELDS, _NAMES), refusal.status)
    return visit.to(PAGE, "saved")


async def calendar(visit: Visit) -> Response:
    """Make a new address of the calendar, and show it once; or revoke the one there is."""
    form = await visit.form()
    if form.value("act") == "revoke":
        await visit.api.delete("/v1/me/calendar")
        return visit.to(PAGE, "calendar_revoked")
    made = await visit.api.post("/v1/me/calendar", key=form.key)
    return page_of(visit, "collectors/calendar.html", url=made["url"], back=PAGE)


async def _known(visit: Visit) -> dict[str, Any]:
    """Return what the form starts with."""
    answer = await visit.api.sends("GET", "/v1/collectors/me")
    if answer.status_code == 404:
        return dict(_FIRST)
    if not answer.is_success:
        raise Refused(answer)
    found: dict[str, Any] = answer.json()
    farthest = found["farthest_metres"]
    return {
        **found,
        "kilograms": _plain(found["most_grams"] / GRAMS_A_KG),
        "farthest": _plain(farthest / METRES_A_KM) if farthest else "",
        "radius": _plain(found["radius_metres"] / METRES_A_KM),
        "commune": found["insee_code"],
    }


def _plain(value: float) -> str:
    return f"{value:g}"


async def _to_api(visit: Visit, form: Form, known: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the body for the API; None if no commune has this name or code."""
    start = await _start(visit, str(form.value("commune")), known)
    if start is None:
        return None
    farthest = form.value("farthest")
    return {
        "vehicle": form.value("vehicle"),
        "professional": form.chose("professional", "yes"),
        "most_grams": _thousands(form.value("kilograms")),
        "crates": whole(form.value("crates")),
        "cold_crates": whole(form.value("cold_crates") or "0"),
        "speed_kmh": whole(form.value("speed_kmh")),
        "farthest_metres": _thousands(farthest) if farthest else None,
        "radius_metres": _thousands(form.value("radius")),
        "returns_to_start": form.chose("returns_to_start", "yes"),
        "parking_seconds": known.get("parking_seconds", 120),
        "hours": hours_typed(form, known["hours"]),
        "away_until": form.value("away_until") or None,
        **start,
    }


async def _start(visit: Visit, commune: str, known: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return where a tour starts: where it did, or the centre of another commune."""
    if commune and commune == known.get("insee_code"):
        return {name: known[name] for name in ("insee_code", "latitude", "longitude")}
    places = (await visit.api.get("/v1/places", q=commune))["data"] if commune else []
    if not places:
        return None
    return {name: places[0][name] for name in ("insee_code", "latitude", "longitude")}


def _thousands(typed: Any) -> Any:
    """Return a thousand times a number that was typed; anything else is left for the API to refuse."""
    try:
        return round(float(str(typed).replace(",", ".")) * 1000)
    except (ValueError, OverflowError):
        return typed


def _page(visit: Visit, known: Mapping[str, Any], form: Form, status: int = 200) -> Response:
    return page_of(
        visit,
        "collectors/profile.html",
        status,
        known=known,
        form=form,
        rules=constraints(ProfileIn),
        vehicles=list(VehicleKind),
        **hours_shown(form, known["hours"]),
    )


routes: list[BaseRoute] = [
    route(PAGE, profile, ["GET", "POST"], needs="person", roles=ROLES),
    route(f"{PAGE}/calendar", calendar, ["POST"], needs="person", roles=ROLES),
]
