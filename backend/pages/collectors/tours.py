"""«Mes tournées», and one tour: its stops in order, accepting, declining, starting and closing it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from starlette.datastructures import UploadFile
from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.amounts import Amounts
from backend.pages.client import Refused
from backend.pages.forms import Form
from backend.pages.visit import Visit, route
from backend.problems.common import PathUnknown
from backend.time_zones import PARIS
from backend.tours.map_links import MapLinks, map_links

ROLES = ("collector",)
MENU = (
    ("tours", "/tours", "truck"),
    ("all_collections", "/tours/collections", "box"),
    ("driving", "/tours/profile", "person"),
)
PAGE = "/tours/{tour_id:uuid}"
DAYS = 8
"""How many days are listed, from yesterday on: tours are planned at most 30 days ahead, and most on the day itself."""
KEPT = timedelta(hours=12)
"""How long after its end a tour's pages can be read without a network."""
BEFORE = timedelta(hours=3)
"""How long before its begin a tour can be reported from."""
ACTS = ("accept", "start")
METRES_A_KM = 1000


def page_of(visit: Visit, template: str, status: int = 200, /, **values: Any) -> Response:
    """Return a page of collectors."""
    return visit.page(template, status, menu=MENU, help_role="collector", links_to=links_to, **values)


def links_to(stop: Mapping[str, Any]) -> MapLinks | None:
    """Return the links that open the way to a stop in a map."""
    if stop["latitude"] is None or stop["longitude"] is None:
        return None
    return map_links(stop["latitude"], stop["longitude"], stop["name"])


async def tours(visit: Visit) -> Response:
    """List the visitor's tours of the days around today, and those that nobody drives yet."""
    today = datetime.now(ZoneInfo(PARIS)).date()
    first = today - timedelta(days=1)
    found = (await visit.api.get("/v1/tours", day=first.isoformat(), days=DAYS))["data"]
    profile = await visit.api.sends("GET", "/v1/collectors/me")
    if not profile.is_success and profile.status_code != 404:
        raise Refused(profile)
    me = str(visit.session.account_id) if visit.session else None
    mine = [one for one in found if one["collector_id"] == me]
    return page_of(
        visit,
        "collectors/tours.html",
        mine=[one for one in mine if _is_ahead(one, today) or one["status"] in ("under_way", "done")],
        open=[one for one in found if one["collector_id"] is None and _is_ahead(one, today)],
        has_profile=profile.is_success,
    )


def _is_ahead(one: Mapping[str, Any], today: date) -> bool:
    """Return whether a tour is of today or later, or of an evening that is not over yet."""
    return bool(one["day"] >= today.isoformat() or datetime.fromisoformat(one["ends_at"]) > datetime.now(UTC))


async def tour(visit: Visit) -> Response:
    """Show a tour: its stops in order, with what is done, where to go next, and what to do there."""
    found = await visit.api.get(f"/v1/tours/{visit.parameters['tour_id']}")
    return await _tour(visit, found, Form())


async def act(visit: Visit) -> Response:
    """Accept a tour, or start it."""
    name = visit.parameters["act"]
    if name not in ACTS:
        raise PathUnknown
    return await _done(visit, name, None, f"tour_{name}")


async def decline(visit: Visit) -> Response:
    """Decline a tour, or drop out of it."""
    form = await visit.form()
    tour_id = visit.parameters["tour_id"]
    try:
        await visit.api.post(f"/v1/tours/{tour_id}/decline", {"reason": form.value("reason")})
    except Refused as refusal:
        return await _refused(visit, form, refusal)
    return visit.to("/tours", "tour_decline")


async def close(visit: Visit) -> Response:
    """Close a tour, with how far it was."""
    form = await visit.form()
    typed = str(form.value("kilometres")).replace(",", ".")
    driven: Any = None
    if typed:
        try:
            driven = round(float(typed) * METRES_A_KM)
        except (ValueError, OverflowError):
            driven = typed
    return await _done(visit, "close", {"driven_metres": driven}, "tour_close", form)


async def _done(visit: Visit, name: str, body: Any, done: str, form: Form | None = None) -> Response:
    tour_id = visit.parameters["tour_id"]
    try:
        await visit.api.post(f"/v1/tours/{tour_id}/{name}", body)
    except Refused as refusal:
        return await _refused(visit, form or Form(), refusal)
    return visit.to(f"/tours/{tour_id}", done)


async def _refused(visit: Visit, form: Form, refusal: Refused) -> Response:
    if refusal.status not in (409, 422):
        raise refusal
    found = await visit.api.get(f"/v1/tours/{visit.parameters['tour_id']}")
    names = {"driven_metres": "kilometres"}
    return await _tour(visit, found, form.refused(refusal, ("reason", "kilometres"), names), refusal.status)


async def _tour(visit: Visit, found: dict[str, Any], form: Form, status: int = 200) -> Response:
    mine = visit.session is not None and found["collector_id"] == str(visit.session.account_id)
    answer = await visit.api.sends("GET", f"/v1/tours/{found['id']}/sheet")
    stops = answer.json()["stops"] if answer.is_success else found["stops"]
    driving = mine and is_driven(found)
    here = next((one["number"] for one in stops if one["state"] in ("ahead", "arrived")), None) if driving else None
    page = page_of(
        visit,
        "collectors/tour.html",
        status,
        tour=found,
        stops=stops,
        zone=stops[0].get("zone", PARIS) if stops else PARIS,
        mine=mine,
        whole=answer.is_success,
        sheet_signed=answer.is_success and answer.json()["signed"],
        here=here,
        form=form,
        step=Form().key,
    )
    if mine:
        keep(visit, page, found)
    return page


def is_driven(found: Mapping[str, Any]) -> bool:
    """Return whether a tour has begun, or soon will: from then on its stops can be reported."""
    soon = datetime.fromisoformat(found["begins_at"]) - BEFORE <= datetime.now(UTC)
    return found["status"] == "under_way" or (found["status"] == "accepted" and soon)


def keep(visit: Visit, page: Response, found: Mapping[str, Any], stop: str = "") -> None:
    """Let the browser show a page of a tour without a network, until some hours after the tour.

    stop: the name of the place, if it is the page of one.
    """
    if found["status"] not in ("accepted", "under_way"):
        return
    until = datetime.fromisoformat(found["ends_at"]) + KEPT
    if until > datetime.now(UTC):
        page.headers["Kept-Until"] = until.isoformat()
        day = Amounts(visit.t, datetime.now(UTC)).day(found["day"])
        page.headers["Kept-As"] = quote((stop or visit.t("tours.kept_as", day=day))[:200])


async def sheet(visit: Visit) -> Response:
    """Return the sheet of a tour as PDF."""
    answer = await visit.api.sends("GET", f"/v1/tours/{visit.parameters['tour_id']}/sheet.pdf")
    if not answer.is_success:
        raise Refused(answer)
    headers = {name: answer.headers[name] for name in ("content-disposition", "cache-control")}
    return Response(answer.content, media_type="application/pdf", headers=headers)


async def signed_sheet(visit: Visit) -> Response:
    """Return the signed sheet of a tour, or keep one."""
    path = f"/v1/tours/{visit.parameters['tour_id']}/signed-sheet"
    if not visit.posted:
        answer = await visit.api.sends("GET", path)
        if not answer.is_success:
            raise Refused(answer)
        headers = {name: answer.headers[name] for name in ("content-disposition", "cache-control")}
        return Response(answer.content, media_type="application/pdf", headers=headers)
    taken = (await visit.sent()).get("sheet")
    if not isinstance(taken, UploadFile) or not taken.size:
        wrong, status = Form().wrong(sheet=visit.t("forms.missing")), 422
    else:
        file = (taken.filename or "sheet", await taken.read(), taken.content_type or "application/pdf")
        answer = await visit.api.sends("PUT", path, files={"sheet": file})
        if answer.is_success:
            return visit.to(f"/tours/{visit.parameters['tour_id']}", "sheet_signed")
        refusal = Refused(answer)
        if not refusal.code.startswith(("document.", "photo.", "tour.not_begun")):
            raise refusal
        wrong, status = Form().wrong(sheet=refusal.detail), refusal.status
    found = await visit.api.get(f"/v1/tours/{visit.parameters['tour_id']}")
    return await _tour(visit, found, wrong, status)


routes: list[BaseRoute] = [
    route("/tours", tours, needs="person", roles=ROLES),
    route(PAGE, tour, needs="person", roles=ROLES),
    route(f"{PAGE}/sheet.pdf", sheet, needs="person", roles=ROLES),
    route(f"{PAGE}/signed-sheet", signed_sheet, ["GET", "POST"], needs="person", roles=ROLES),
    route(f"{PAGE}/decline", decline, ["POST"], needs="person", roles=ROLES),
    route(f"{PAGE}/close", close, ["POST"], needs="person", roles=ROLES),
    route(f"{PAGE}/{{act}}", act, ["POST"], needs="person", roles=ROLES),
]
