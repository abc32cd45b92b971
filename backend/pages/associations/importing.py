"""Enrolling by a file: its progress, and the lines that were refused, to correct and send again.

Refused lines stand on the answer's page only, as they came in the file: nothing of them is kept here.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.beneficiaries.csv_encoding import NotASheet
from backend.beneficiaries.csv_reader import ColumnsWrong, TooManyLines, rows, sheet_of
from backend.pages.associations.house import House, house_where_one_works
from backend.pages.associations.people import FIELDS
from backend.pages.client import Refused
from backend.pages.forms import Form
from backend.pages.visit import Visit, route
from backend.settings import settings

AT_ONCE = 20  # lines to correct on one page; a form has at most 200 fields
SHOWN_LINKS = 100
PAGE = "/association/import"
MOST_REST = 2_000_000  # characters


async def imports(visit: Visit) -> Response:
    """Show the form for a file and how far earlier files are, or send a file."""
    house = await house_where_one_works(visit)
    if not visit.posted:
        return await _imports_page(house, Form())
    form = await visit.form()
    file = (await visit.sent()).get("file")
    content = await file.read() if isinstance(file, UploadFile) else b""
    name = (file.filename if isinstance(file, UploadFile) else "") or "people.csv"
    kind = (file.content_type if isinstance(file, UploadFile) else "") or "text/csv"
    return await _send(house, form, (name, content, kind))


async def corrected(visit: Visit) -> Response:
    """Send lines that were corrected, and those that still wait to be."""
    house = await house_where_one_works(visit)
    form = await visit.form()
    lines = []
    for place in range(AT_ONCE):
        line = {name: str(form.value(f"{name}-{place}")) for name in FIELDS}
        if any(line.values()):
            lines.append(line)
    lines += _read(str(form.value("rest")).encode()).values()
    return await _send(house, form, ("people.csv", _written(lines).encode(), "text/csv; charset=utf-8"))


async def _send(house: House, form: Form, file: tuple[str, bytes, str]) -> Response:
    headers = {"idempotency-key": form.key}
    try:
        answer = await house.sends("POST", "/v1/beneficiaries/import", files={"file": file}, headers=headers)
    except Refused as refusal:
        if refusal.status not in (413, 415, 422):
            raise
        return await _imports_page(house, form.refused(refusal, ("file",)), refusal.status)
    made = answer.json()
    sent = _read(file[1])
    wrong = [one for one in made["outcomes"] if one["outcome"] == "refused"]
    refused = [
        {
            "line": one["line"],
            "cells": sent.get(one["line"], dict.fromkeys(FIELDS, "")),
            "errors": {error["field"]: error["message"] for error in one.get("errors") or ()},
        }
        for one in wrong[:AT_ONCE]
    ]
    rest = _written(sent[one["line"]] for one in wrong[AT_ONCE:] if one["line"] in sent)
    base = settings().public_url  # and not what the request says: a caller can forge its Host
    links = [
        {**one, "link": f"{base}/activate/{one['activation_token']}"}
        for one in made["outcomes"]
        if one.get("activation_token")
    ]
    return house.page(
        "imported.html",
        "people",
        made=made,
        refused=refused,
        fields=FIELDS,
        rest=rest if len(rest) <= MOST_REST else "",
        left=len(wrong) - len(refused),
        links=links[:SHOWN_LINKS],
        more_links=max(len(links) - SHOWN_LINKS, 0),
        form=Form(),
    )


def _read(content: bytes) -> dict[int, dict[str, str]]:
    """Return the cells of each line of a file by the line's number; none if it cannot be read."""
    file = io.BytesIO(content)
    try:
        return {row.line: {name: row.cells.get(name, "") for name in FIELDS} for row in rows(file, sheet_of(file))}
    except (NotASheet, ColumnsWrong, TooManyLines):
        return {}


def _written(lines: Iterable[Mapping[str, str]]) -> str:
    """Return lines as a file that the API reads."""
    written = io.StringIO()
    writer = csv.DictWriter(written, FIELDS, delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(lines)
    return written.getvalue()


async def _imports_page(house: House, form: Form, status: int = 200) -> Response:
    found = await house.get("/v1/beneficiaries/imports", limit=10)
    running = any(one["status"] == "running" for one in found["data"])
    return house.page("import.html", "people", status, found=found, running=running and not form.is_wrong, form=form)


async def template(visit: Visit) -> Response:
    """Return an example of a file."""
    return passed_on(await visit.api.sends("GET", "/v1/beneficiaries/import/template.csv"))


def passed_on(answer: Any) -> Response:
    """Return a file of the API to this browser. Raises Refused."""
    if not answer.is_success:
        raise Refused(answer)
    kept: Sequence[str] = ("content-disposition", "content-type")
    return Response(answer.content, headers={name: answer.headers[name] for name in kept if name in answer.headers})


routes: list[BaseRoute] = [
    route(PAGE, imports, ["GET", "POST"], needs="person"),
    route(f"{PAGE}/lines", corrected, ["POST"], needs="person"),
    route(f"{PAGE}/template.csv", template, needs="person"),
]
