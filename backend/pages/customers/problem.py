"""Reporting a problem with a pickup, with a photo, and reading the answer."""

from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.visit import Visit, route
from backend.problem_reports.schemas import ReportIn

KINDS_COLLECTED = ("quality", "allergen", "missing", "other")
KINDS_NOT_COLLECTED = ("closed", "missing", "other")
MOST = 100


async def problem(visit: Visit) -> Response:
    """Show the form, or the report with its answer; send a report."""
    found = await visit.api.get(_path(visit))
    if not visit.posted:
        return _page(visit, found, await report_of(visit, found["id"]), Form())
    form = await visit.form()
    body: dict[str, Any] = {"kind": form.value("kind"), "text": form.value("text")}
    photo = (await visit.sent()).get("photo")
    try:
        if isinstance(photo, UploadFile) and photo.size:
            body["photo_id"] = await _kept(visit, photo, form.key_for("photo", photo.size))
        await visit.api.post(f"{_path(visit)}/problem-report", body, key=form.key)
    except Refused as refusal:
        if refusal.status in (401, 404) or refusal.status >= 500:
            raise
        names = {"photo_id": "photo"}
        if refusal.code.startswith("photo."):
            wrong = form.wrong(photo=refusal.detail)
        else:
            wrong = form.refused(refusal, ("kind", "text", "photo"), names)
        return _page(visit, found, await report_of(visit, found["id"]), wrong, refusal.status)
    return visit.to(visit.request.url.path, "problem_reported")


async def report_of(visit: Visit, reservation_id: str) -> Any:
    """Return the problem report about a reservation; None if there is none."""
    reports = await visit.api.get("/v1/problem-reports", limit=MOST)
    return next((one for one in reports["data"] if one["reservation_id"] == reservation_id), None)


async def _kept(visit: Visit, photo: UploadFile, key: str) -> str:
    files = {"photo": (photo.filename or "photo", await photo.read(), photo.content_type or "image/jpeg")}
    answer = await visit.api.sends("POST", "/v1/photos", files=files, headers={"idempotency-key": key})
    if not answer.is_success:
        raise Refused(answer)
    return str(answer.json()["photo_id"])


def _page(visit: Visit, found: Any, report: Any, form: Form, status: int = 200) -> Response:
    return visit.page(
        "customers/problem.html",
        status,
        one=found,
        report=report,
        form=form,
        rules=constraints(ReportIn),
        kinds=KINDS_COLLECTED if found["status"] == "picked_up" else KINDS_NOT_COLLECTED,
    )


def _path(visit: Visit) -> str:
    return f"/v1/reservations/{visit.parameters['reservation_id']}"


routes: list[BaseRoute] = [
    route("/reservations/{reservation_id:uuid}/problem", problem, ["GET", "POST"], needs="person")
]
