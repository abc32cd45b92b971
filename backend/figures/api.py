"""Figures of shops and of the platform over HTTP, as JSON and as CSV."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import AsAdmin, AsShopMember, signed_in_as
from backend.figures import queries
from backend.figures.problems import FiguresPeriodInvalid
from backend.figures.schemas import (
    FiguresOfDays,
    FiguresOfShops,
    PlatformDays,
    PlatformFigures,
    ShopDay,
    ShopFigures,
    ShopFiguresByItem,
    Step,
)
from backend.files.csv_writer import Cell, csv_of
from backend.http.routing import Router
from backend.http.schemas import DayAsked
from backend.identity.tokens import Role
from backend.problems.common import PremiumNeeded
from backend.problems.problem import may_answer
from backend.shops.problems import ShopNotFound

router = Router(tags=["figures"])

AsShopMemberOrAdmin = Annotated[AsyncSession, signed_in_as(Role.MERCHANT, Role.ADMIN, or_member_of="shop")]
"""A session of a person who works for a shop, or of an admin. The act checks which shop."""

Days = TypeVar("Days", bound=FiguresOfDays)

CSV = "text/csv"
CSV_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "CSV for a spreadsheet: UTF-8 with byte order mark, semicolons, French headers.",
        "content": {CSV: {"schema": {"type": "string"}}},
    }
}
PERIODS: dict[Step, str] = {"day": "Jour", "week": "Semaine", "month": "Mois"}
HEADER = (
    "Période",
    "Du",
    "Au",
    "Portions proposées",
    "Portions réservées",
    "Portions retirées",
    "Portions perdues",
    "Ventes (€)",
    "Valeur sauvée (€)",
    "Nourriture (kg)",
    "CO₂e évité (kg, estimation)",
)
ROLES = {
    Role.CUSTOMER: "clients",
    Role.MERCHANT: "commerçants",
    Role.BENEFICIARY: "bénéficiaires",
    Role.COLLECTOR: "collecteurs",
    Role.ASSOCIATION: "associations",
    Role.ADMIN: "administrateurs",
}
PLATFORM_HEADER = (
    *HEADER,
    "Portions réservées non retirées",
    *(f"Nouveaux comptes : {role}" for role in ROLES.values()),
    "Commerces vérifiés",
    "Courriels refusés",
    "Signalements",
)

Since = Annotated[
    DayAsked | None,
    Query(alias="from", description="The first day; by default, 30 days are shown.", examples=["2026-11-01"]),
]
Until = Annotated[
    DayAsked | None,
    Query(alias="to", description="The last day, yesterday at the latest; the default.", examples=["2026-11-28"]),
]
By = Annotated[Step, Query(description="One row a day, week (from Monday) or month.", examples=["week"])]


@router.get("/shops/{shop_id}/day", responses=may_answer(ShopNotFound))
async def read_shop_day(
    shop_id: UUID,
    session: AsShopMember,
    lot: Annotated[
        UUID | None,
        Query(
            description="Only this lot, whatever its day and status, and nothing to do.",
            examples=["01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4"],
        ),
    ] = None,
) -> ShopDay:
    """Read the day of a shop where you are owner or staff: what to hand over, what is on offer later, what is to do.

    With the figures of the last seven days.
    The day begins at midnight where the shop is. Portions count the same whoever reserved them and whether or not they
    are paid.
    """
    return await queries.shop_day(session, shop_id, lot)


@router.get("/shops/{shop_id}/figures", responses=may_answer(ShopNotFound, FiguresPeriodInvalid))
async def read_shop_figures(
    shop_id: UUID,
    session: AsShopMemberOrAdmin,
    since: Since = None,
    until: Until = None,
    by: By = "day",
    days: Annotated[
        int | None, Query(ge=1, le=400, description="How many days, if no first day is named.", examples=[28])
    ] = None,
) -> ShopFigures:
    """Read the figures of your shop by day, week or month, compared with as many days before.

    Days are those where the shop is, and must be over; at most 400. A lot counts on the day on which its pickup window
    ends. Suspended portions count as sold. Admins read the figures of every shop.
    """
    return await queries.shop_figures(session, shop_id, since, until, by, days)


@router.get(
    "/shops/{shop_id}/figures.csv",
    response_class=Response,
    responses={**CSV_ANSWER, **may_answer(ShopNotFound, FiguresPeriodInvalid)},
)
async def export_shop_figures(
    shop_id: UUID, session: AsShopMemberOrAdmin, since: Since = None, until: Until = None, by: By = "day"
) -> Response:
    """Download the figures of your shop as a spreadsheet, with the total and the days before as its last rows."""
    found = await queries.shop_figures(session, shop_id, since, until, by)
    rows = ([found.shop_name, name, *_cells(days)] for name, days in _named(by, found.rows, found.total, found.before))
    return _csv(("Commerce", *HEADER), rows)


@router.get("/shops/{shop_id}/figures/items", responses=may_answer(ShopNotFound, PremiumNeeded, FiguresPeriodInvalid))
async def read_figures_by_item(
    shop_id: UUID,
    session: AsShopMemberOrAdmin,
    since: Since = None,
    until: Until = None,
    most: Annotated[int, Query(ge=1, le=500, description="The most items to return.")] = 100,
) -> ShopFiguresByItem:
    """Read the figures of a shop with Premium by item, compared with as many days before.

    An item is all lots of the same title. Days, periods and figures are those of `GET /shops/{shop_id}/figures`.
    """
    return await queries.shop_figures_by_item(session, shop_id, since, until, most)


@router.get("/me/shops/figures", responses=may_answer(PremiumNeeded, FiguresPeriodInvalid))
async def read_figures_of_own_shops(session: AsShopMember, since: Since = None, until: Until = None) -> FiguresOfShops:
    """Read the figures of all shops with Premium where you work in one answer, compared with as many days before."""
    return await queries.figures_of_own_shops(session, since, until)


@router.get("/admin/figures", response_model=PlatformFigures, responses=may_answer(FiguresPeriodInvalid))
async def read_platform_figures(session: AsAdmin, since: Since = None, until: Until = None, by: By = "day") -> Response:
    """Read the figures of all shops and of the platform by day, week or month, compared with as many days before.

    Days are those of Paris, and must be over; at most 400. Unlike published figures these may be about fewer than 11
    people: they are for running the platform.
    """
    return Response(await queries.platform_figures(session, since, until, by), media_type="application/json")


@router.get(
    "/admin/figures.csv",
    response_class=Response,
    responses={**CSV_ANSWER, **may_answer(FiguresPeriodInvalid)},
)
async def export_platform_figures(
    session: AsAdmin, since: Since = None, until: Until = None, by: By = "day"
) -> Response:
    """Download the figures of all shops as a spreadsheet, with the total and the days before as its last rows."""
    found = PlatformFigures.model_validate_json(await queries.platform_figures(session, since, until, by))
    rows = (
        [name, *_cells(days), *_platform_cells(days)]
        for name, days in _named(by, found.rows, found.total, found.before)
    )
    return _csv(PLATFORM_HEADER, rows)


def _named(by: Step, rows: Sequence[Days], total: Days, before: Days) -> Iterator[tuple[str, Days]]:
    """Return each row with the word for its period, then the total and the days before."""
    for days in rows:
        yield PERIODS[by], days
    yield "Total", total
    yield "Avant", before


def _cells(days: FiguresOfDays) -> list[Cell]:
    return [
        days.first_day.isoformat(),
        days.last_day.isoformat(),
        days.offered,
        days.reserved,
        days.collected,
        days.lost,
        Decimal(days.revenue_cents).scaleb(-2),
        Decimal(days.value_saved_cents).scaleb(-2),
        Decimal(str(days.food_kg)),
        Decimal(str(days.co2e_kg)),
    ]


def _platform_cells(days: PlatformDays) -> list[Cell]:
    return [
        days.no_shows,
        *(days.new_accounts[role] for role in ROLES),
        days.shops_verified,
        days.mails_failed,
        days.reports,
    ]


def _csv(header: Sequence[str], rows: Iterator[Sequence[Cell]]) -> Response:
    headers = {"Content-Disposition": 'attachment; filename="chiffres.csv"', "Cache-Control": "no-store"}
    return Response(csv_of(header, rows), headers=headers, media_type=f"{CSV}; charset=utf-8")
