"""The published figures of one month of a territory, over HTTP: its categories, and its report as PDF."""

from datetime import date
from hashlib import sha256
from typing import Annotated, Any

import limits
from fastapi import Header, Path, Query, Request, Response

from backend.database.sessions import ActsDep
from backend.http.etags import unchanged
from backend.http.rate_limits import client_address, spend
from backend.http.routing import Router
from backend.problems.problem import may_answer
from backend.territories.api import NOT_CHANGED, Code
from backend.territories.problems import MonthNotPublished, TerritoryNotFound
from backend.territories.report import report_contents, report_pdf
from backend.territories.schemas import CategoryFigures

router = Router(tags=["territories"])

PRINTS = limits.parse("60/hour")  # typesetting takes a tenth of a second of processor time
MONTH = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"
PUBLIC = "public, max-age=300"
PDF = "application/pdf"
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A4 (PDF/A-3), in French.",
        "content": {PDF: {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("/territories/{code}/categories", responses=may_answer(TerritoryNotFound, MonthNotPublished))
async def read_category_figures(
    code: Code,
    acts: ActsDep,
    response: Response,
    month: Annotated[str, Query(pattern=MONTH, description="A month that is over.", examples=["2026-11"])],
) -> CategoryFigures:
    """Read the published figures of a territory in one month by category of food, those of most food first."""
    if await acts.value("territory", wanted=code) is None:
        raise TerritoryNotFound
    found = await acts.value("category_figures", wanted=code, month=date.fromisoformat(f"{month}-01"))
    if found is None:
        raise MonthNotPublished
    response.headers["Cache-Control"] = PUBLIC
    return CategoryFigures.model_validate_json(f'{{"month":"{month}","data":{found}}}')


@router.get(
    "/territories/{code}/report/{month}.pdf",
    response_class=Response,
    responses=_FILE | NOT_CHANGED | may_answer(TerritoryNotFound, MonthNotPublished),
)
async def read_territory_report(
    code: Code,
    month: Annotated[str, Path(pattern=MONTH, description="A month that is over.", examples=["2026-11"])],
    request: Request,
    acts: ActsDep,
    if_none_match: Annotated[
        str | None, Header(max_length=500, description="The ETag of the report that is at hand.")
    ] = None,
) -> Response:
    """Download the report of a territory about one month: a page made from published figures only.

    It is the same for everybody, and the same bytes until a correction is published.
    """
    contents = await report_contents(acts, code, date.fromisoformat(f"{month}-01"))
    tag = f'"{sha256(contents.encode()).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": PUBLIC}
    if unchanged(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    await spend(request.scope, "reports", PRINTS, client_address(request.scope))
    headers["Content-Disposition"] = f'inline; filename="ecopanier-{code}-{month}.pdf"'
    return Response(await report_pdf(contents), media_type=PDF, headers=headers)
