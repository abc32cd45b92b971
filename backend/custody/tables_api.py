"""The food collected in a month, by shop, association, collector or commune; and reusable crates by point."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Query
from fastapi.responses import Response

from backend.custody import queries
from backend.custody.schemas import CratesAtPoint, Dimension, MonthOfCollections, MonthRow
from backend.database.sessions import SignedIn
from backend.files.csv_writer import Cell, csv_of
from backend.http.paging import Page
from backend.http.routing import Router

router = Router(tags=["collections"])

Month = Annotated[str, Query(pattern=r"^20\d\d-(0[1-9]|1[0-2])$", description="A month.", examples=["2026-07"])]
By = Annotated[Dimension, Query(description="What each row is about.", examples=["shop"])]
CSV = "text/csv"
HEADER = (
    "Qui ou où",
    "Collectes",
    "Tournées",
    "Trajets évités",
    "Proposé (kg)",
    "Collecté (kg)",
    "Accepté (kg)",
    "Refusé (kg)",
    "Distribué (kg)",
    "Perdu (kg)",
    "Distance (km)",
    "CO2e du transport (kg)",
)
_TABLE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "CSV for a spreadsheet: UTF-8 with byte order mark, semicolons, French headers.",
        "content": {CSV: {"schema": {"type": "string"}}},
    }
}


@router.get("/collections/table")
async def read_month(session: SignedIn, month: Month, by: By = "shop") -> MonthOfCollections:
    """Read what was collected in a month of the collections that concern you; as an admin, of all.

    Weights are what collectors took, and what associations accepted and declared. A tour that takes several collections
    saves a trip for each after the first.
    """
    return MonthOfCollections(month=month, by=by, rows=await queries.month(session, _first_day(month), by))


@router.get("/collections/table.csv", responses=_TABLE, response_class=Response)
async def read_month_csv(session: SignedIn, month: Month, by: By = "shop") -> Response:
    """Read the same table as CSV."""
    rows = await queries.month(session, _first_day(month), by)
    headers = {"Content-Disposition": f'attachment; filename="collectes-{month}.csv"', "Cache-Control": "no-store"}
    return Response(csv_of(HEADER, _cells(rows)), headers=headers, media_type=f"{CSV}; charset=utf-8")


@router.get("/collections/crates")
async def read_crates(session: SignedIn, month: Month) -> Page[CratesAtPoint]:
    """Read how many reusable crates were brought to each point of yours in a month, and how many were fetched."""
    return Page(data=await queries.crates(session, _first_day(month)), has_more=False, next=None)


def _first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def _cells(rows: list[MonthRow]) -> Iterator[tuple[Cell, ...]]:
    for row in rows:
        weights = (
            row.asked_grams,
            row.collected_grams,
            row.accepted_grams,
            row.refused_grams,
            row.distributed_grams,
            row.lost_grams,
            row.metres,
            row.transport_co2e_grams,
        )
        yield (row.name, row.collections, row.tours, row.trips_saved, *(Decimal(each) / 1000 for each in weights))
