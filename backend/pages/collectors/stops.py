"""One stop of a tour: arrived, taken, left, temperature, photo or signature, and what went wrong.

Each form is a step with an id and a time, so that a script may send it again, late and in any order.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from backend.pages.client import Refused
from backend.pages.collectors.tours import PAGE, ROLES, is_driven, keep, page_of
from backend.pages.forms import Form, whole
from backend.pages.visit import Visit, route
from backend.problems.common import NotAllowed, PathUnknown, TryAgain
from backend.tours.problems import StepOfOtherContent, TourNotFound

STOP = f"{PAGE}/stops/{{number:int}}"
REASONS = ("nobody", "closed", "missing", "refused", "no_room", "cold_chain", "accident", "other")
ICONS = {
    "nobody": "door",
    "closed": "clock",
    "missing": "box",
    "refused": "cross",
    "no_room": "truck",
    "cold_chain": "thermometer",
    "accident": "bell-alert",
    "other": "pencil",
}
MOST_DIGITS = 8  # of the seconds for which a step waited
FIELDS = ("degrees", "name", "photo", "reason", "note")
_ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# The field of an amount: its collection, its item and its unit.
_AMOUNT = re.compile(rf"({_ID})\.({_ID})\.(kg|crates|portions)")
_DECIMAL = re.compile(r"-?[0-9]{1,9}(?:[.,][0-9]{1,9})?")


class NothingTaken(Exception):
    """Raised when a form says that nothing at all was taken or left: an incident says why."""


async def stop(visit: Visit) -> Response:
    """Show a stop: where it is, whom to call, what to take and to leave, and the forms for what happened."""
    return await _page(visit, Form())


async def report(visit: Visit) -> Response:
    """Report what happened at a stop, now."""
    form = await visit.form("cold")
    try:
        await _send(visit, form, datetime.now(UTC))
    except NothingTaken:
        return await _page(visit, Form(form.typed, {}, visit.t("tours.nothing_taken")), 422)
    except Refused as refusal:
        return await _refused(visit, form, refusal)
    return _next(visit, str(form.value("kind")))


async def report_late(visit: Visit) -> Response:
    """Report what a browser kept while it had no network, and answer its script with what became of it.

    The browser says how many seconds ago it was, so that its clock need not be right.
    """
    form = await visit.form("cold")
    ago = str(form.value("seconds_ago"))
    if not (ago.isascii() and ago.isdigit() and len(ago) <= MOST_DIGITS):
        raise NotAllowed
    try:
        await _send(visit, form, datetime.now(UTC) - timedelta(seconds=int(ago)))
    except NothingTaken:
        return JSONResponse({"received": False, "words": visit.t("tours.nothing_taken")})
    except Refused as refusal:
        waits = refusal.code in (TryAgain.code, TourNotFound.code)  # a tour of somebody else who used this browser
        if waits or refusal.status in (401, 429) or refusal.status >= 500:
            raise  # the step goes on waiting
        return JSONResponse({"received": False, "words": refusal.detail})
    return JSONResponse({"received": True, "words": ""})


async def photo(visit: Visit) -> Response:
    """Keep a photo as the proof of a stop."""
    sent = await visit.sent()
    form = await visit.form()
    taken = sent.get("photo")
    if not isinstance(taken, UploadFile) or not taken.size:
        return await _page(visit, form.wrong(photo=visit.t("forms.missing")), 422)
    step = _step(form)
    try:
        files = {"photo": (taken.filename or "photo", await taken.read(), taken.content_type or "image/jpeg")}
        key = {"idempotency-key": f"step-{step}-{taken.size}"}
        answer = await visit.api.sends("POST", "/v1/photos", files=files, headers=key)
        if not answer.is_success:
            raise Refused(answer)
        body = {"kind": "photo", "photo_id": answer.json()["photo_id"]}
        await _report(visit, step, datetime.now(UTC), body)
    except Refused as refusal:
        if refusal.code.startswith("photo."):
            return await _page(visit, form.wrong(photo=refusal.detail), refusal.status)
        return await _refused(visit, form, refusal)
    return _next(visit, "photo")


def _next(visit: Visit, kind: str) -> Response:
    tour_id, number = visit.parameters["tour_id"], _number_of(visit)
    if kind in ("taken", "left", "incident"):
        return visit.to(f"/tours/{tour_id}", f"step_{kind}")
    return visit.to(f"/tours/{tour_id}/stops/{number}", "step_kept")


async def _send(visit: Visit, form: Form, at: datetime) -> None:
    """Send a form as the steps that it says. Raises NothingTaken, Refused."""
    said = sorted((name, typed) for name, typed in form.typed.items() if name not in ("step", "seconds_ago"))
    # Another content is another step, also from the same page; the same one is the same step however often it comes.
    step, kind = uuid5(_step(form), json.dumps([_number_of(visit), *said])), str(form.value("kind"))
    if kind in ("taken", "left"):
        await _send_amounts(visit, form, step, kind, at)
        return
    body: dict[str, Any] = {"kind": kind}
    if kind == "signature":
        strokes = _strokes(str(form.value("strokes")))
        body["signature"] = {"by": form.value("by"), "name": form.value("name"), "strokes": strokes}
    elif kind == "incident":
        body["incident"] = {"reason": form.value("reason"), "note": form.value("note")}
    await _report(visit, step, at, body)


async def _send_amounts(visit: Visit, form: Form, step: UUID, kind: str, at: datetime) -> None:
    """Send what was taken or left: all as announced, or amounts by item. A step for each collection."""
    amounts: dict[str, dict[str, dict[str, Any]]] = {}
    for name, typed in form.typed.items():
        if found := _AMOUNT.fullmatch(name):
            collection, item, unit = found.groups()
            amounts.setdefault(collection, {}).setdefault(item, {})[unit] = _amount(typed, unit)
    degrees = str(form.value("degrees"))
    cold = form.value("cold", [])
    in_part = form.value("how") == "part"
    none_of = {one for one, items in amounts.items() if not any(any(said.values()) for said in items.values())}
    if in_part and len(none_of) == len(amounts):
        raise NothingTaken
    for collection, items in amounts.items():
        body: dict[str, Any] = {"kind": kind, "collection_id": collection}
        if in_part and collection in none_of:
            body |= {"kind": "incident", "incident": {"reason": "missing" if kind == "taken" else "refused"}}
        else:
            if in_part:
                body["items"] = [{"item_id": item, **said} for item, said in items.items()]
            if degrees and collection in cold:
                body["degrees"] = _number(degrees)
        await _report(visit, uuid5(step, f"{kind} {collection}"), at, body)


async def _report(visit: Visit, step: UUID, at: datetime, body: Mapping[str, Any]) -> None:
    path = f"/v1/tours/{visit.parameters['tour_id']}/stops/{_number_of(visit)}/steps"
    try:
        await visit.api.post(path, {"step_id": str(step), "at": at.isoformat(), **body})
    except Refused as refusal:
        if refusal.code != StepOfOtherContent.code:
            raise
        # It was received before, with a time that differs by how long it took: the id says what the step says.


def _strokes(drawn: str) -> Any:
    """Return the strokes of a signature; none without a script. Anything else is left for the API to refuse."""
    try:
        return json.loads(drawn) if drawn else []
    except (ValueError, RecursionError):
        return drawn


def _number_of(visit: Visit) -> int:
    """Return the number of the stop: in the path, or after it where a file is sent, since uploads have paths of ids."""
    number = str(visit.parameters.get("number", visit.query.get("stop", "")))
    if not re.fullmatch("[0-9]{1,3}", number):
        raise PathUnknown
    return int(number)


def _step(form: Form) -> UUID:
    try:
        return UUID(str(form.value("step")))
    except ValueError:
        return uuid4()


def _amount(typed: str, unit: str) -> Any:
    if not typed:
        return 0
    return _number(typed) if unit == "kg" else whole(typed)


def _number(typed: str) -> Any:
    """Return a number with a comma or a point; anything else is left for the API to refuse."""
    return float(typed.replace(",", ".")) if _DECIMAL.fullmatch(typed) else typed


async def _refused(visit: Visit, form: Form, refusal: Refused) -> Response:
    if refusal.status not in (409, 422):
        raise refusal
    names = {"photo_id": "photo", "signature": "name", "incident": "reason"}
    return await _page(visit, form.refused(refusal, FIELDS, names), refusal.status)


async def _page(visit: Visit, form: Form, status: int = 200) -> Response:
    tour_id, number = visit.parameters["tour_id"], _number_of(visit)
    sheet = await visit.api.get(f"/v1/tours/{tour_id}/sheet")
    here = next((one for one in sheet["stops"] if one["number"] == number), None)
    if here is None:
        raise PathUnknown
    driving = sheet["mine"] and (is_driven(sheet) or sheet["status"] == "done")
    page = page_of(
        visit,
        "collectors/stop.html",
        status,
        tour=sheet,
        stop=here,
        back=f"/tours/{tour_id}",
        last=number == max(one["number"] for one in sheet["stops"]),
        driving=driving,
        takes=[task for task in here["tasks"] if task["kind"] == "take"],
        leaves=[task for task in here["tasks"] if task["kind"] == "leave"],
        reasons=[(reason, ICONS[reason]) for reason in REASONS],
        form=form,
        step=lambda: str(uuid4()),
    )
    if sheet["mine"]:
        keep(visit, page, sheet, here["name"])
    return page


routes: list[BaseRoute] = [
    route(STOP, stop, needs="person", roles=ROLES),
    route(f"{STOP}/steps", report, ["POST"], needs="person", roles=ROLES),
    route(f"{STOP}/late", report_late, ["POST"], needs="person", roles=ROLES),
    route(f"{PAGE}/photo", photo, ["POST"], needs="person", roles=ROLES),
]
