"""Payouts over HTTP: a shop's payout account, balance, closed lots and payouts; disputes and debts for admins."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Path, Query, Request, Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import AsAdmin, DatabaseDep, signed_in_as
from backend.files.csv_writer import Cell, csv_of
from backend.http.idempotency import OnceDep
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.rate_limits import limited
from backend.http.routing import Router
from backend.identity.callers import Caller, caller, documented_sign_in
from backend.identity.tokens import Role
from backend.payouts import actions, queries
from backend.payouts.problems import DisputeNotFound, DisputeNotLost, PayoutAccountClosed, PayoutAddressNeeded
from backend.payouts.queries import LedgerRow
from backend.payouts.schemas import (
    BalanceOut,
    ClosedLotOut,
    DisputeDecisionIn,
    DisputeOut,
    PayoutAccountLink,
    PayoutAccountOut,
    PayoutOut,
    ShopInDebt,
)
from backend.problems.common import CursorInvalid, PremiumNeeded
from backend.problems.problem import may_answer
from backend.shops.problems import ShopNotFound
from backend.stripe.client import Stripe
from backend.stripe.problems import PaymentUnavailable

router = Router(tags=["payouts"])

LINKS = "20/hour"
MOST_ROWS = 10_000
CLOSED = TypeAdapter(tuple[datetime, UUID])
MADE = TypeAdapter(tuple[datetime, str])
CSV = "text/csv"
HEADER = (
    "Lot",
    "Titre",
    "Fin du retrait",
    "Clôture",
    "Portions payées",
    "Ventes TTC (€)",
    "Commission HT (€)",
    "TVA sur commission (€)",
    "Net (€)",
    "Versé",
)

AsOwnerOrAdmin = Annotated[AsyncSession, signed_in_as(Role.MERCHANT, Role.ADMIN, or_member_of="shop")]
"""A session of a person who works for a shop, or of an admin. The act admits only the shop's owners."""


@router.post(
    "/shops/{shop_id}/payout-account",
    status_code=201,
    responses=may_answer(ShopNotFound, PayoutAccountClosed, PayoutAddressNeeded, PaymentUnavailable),
    dependencies=[limited("payout-accounts", LINKS, by=caller), Depends(documented_sign_in)],
)
async def open_payout_account(
    shop_id: UUID, request: Request, database: DatabaseDep, owner: Caller, response: Response
) -> PayoutAccountLink:
    """Open the payout account of a shop that you own, or go on with it: the answer is the address of Stripe's page.

    Stripe asks there who you are and to which bank account it pays. The link works once and for some minutes; ask again
    for another one.
    """
    response.headers["Cache-Control"] = "no-store"
    stripe = cast(Stripe, request.app.state.stripe)
    return await actions.link_to_onboarding(database, stripe, owner, shop_id)


@router.get("/shops/{shop_id}/payout-account", responses=may_answer(ShopNotFound))
async def read_payout_account(shop_id: UUID, session: AsOwnerOrAdmin) -> PayoutAccountOut:
    """Read the state of the payout account of a shop that you own, and what Stripe still asks for."""
    return await queries.payout_account(session, shop_id)


@router.get("/shops/{shop_id}/balance", responses=may_answer(ShopNotFound))
async def read_balance(shop_id: UUID, session: AsOwnerOrAdmin) -> BalanceOut:
    """Read what is due to a shop that you own, what is on its way, what was paid to its bank, and what it owes."""
    return await queries.balance(session, shop_id)


@router.get("/shops/{shop_id}/ledger", responses=may_answer(ShopNotFound, CursorInvalid))
async def list_closed_lots(
    shop_id: UUID, session: AsOwnerOrAdmin, limit: Limit = 20, after: After = None
) -> Page[ClosedLotOut]:
    """List what the closed lots of a shop that you own came to, the newest first.

    A lot is closed once nothing of it can change by itself any more: its window and the time for problem reports are
    over, and reports are decided. Sold and suspended portions count together.
    """
    before = cursor_key(after, CLOSED) if after else None
    found = await queries.closed_lots(session, shop_id, before, limit)
    return page_of(found, limit, lambda lot: (lot.closed_at, lot.lot_id))


@router.get(
    "/shops/{shop_id}/ledger.csv",
    response_class=Response,
    responses={
        200: {
            "description": "CSV for a spreadsheet: UTF-8 with byte order mark, semicolons, French headers.",
            "content": {CSV: {"schema": {"type": "string"}}},
        },
        **may_answer(ShopNotFound, PremiumNeeded),
    },
)
async def export_closed_lots(
    shop_id: UUID,
    session: AsOwnerOrAdmin,
    month: Annotated[
        str | None,
        Query(
            pattern=r"^20\d\d-(0[1-9]|1[0-2])$",
            description="Only what was closed or corrected in this month, where the shop is.",
            examples=["2026-10"],
        ),
    ] = None,
    most: Annotated[int, Query(ge=1, le=MOST_ROWS, description="The most rows to return.")] = MOST_ROWS,
) -> Response:
    """Download what the closed lots of a shop that you own came to, with its fees, the newest first.

    What was corrected later is a row of its own. The file is part of Premium; the list (`GET /shops/{shop_id}/ledger`)
    is there for every shop.
    """
    found = await queries.export(session, shop_id, date.fromisoformat(f"{month}-01") if month else None, most)
    name = f"ventes-{month}.csv" if month else "ventes.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(csv_of(HEADER, _rows(found)), headers=headers, media_type=f"{CSV}; charset=utf-8")


@router.get("/shops/{shop_id}/payouts", responses=may_answer(ShopNotFound, CursorInvalid))
async def list_payouts(
    shop_id: UUID, session: AsOwnerOrAdmin, limit: Limit = 20, after: After = None
) -> Page[PayoutOut]:
    """List the payouts to the bank of a shop that you own, the newest first, each with its transfers."""
    before = cursor_key(after, MADE) if after else None
    found = await queries.payouts(session, shop_id, before, limit)
    return page_of(found, limit, lambda payout: (payout.made_at, payout.id))


@router.get("/admin/disputes", responses=may_answer(CursorInvalid))
async def list_disputes(session: AsAdmin, limit: Limit = 20, after: After = None) -> Page[DisputeOut]:
    """List cardholders' disputes, the newest first. They are answered in Stripe's dashboard."""
    before = cursor_key(after, MADE) if after else None
    found = await queries.disputes(session, before, limit)
    return page_of(found, limit, lambda dispute: (dispute.opened_at, dispute.id))


@router.post("/admin/disputes/{dispute_id}/decide", responses=may_answer(DisputeNotFound, DisputeNotLost))
async def decide_dispute(
    dispute_id: Annotated[str, Path(max_length=255, examples=["du_1"])],
    decided: DisputeDecisionIn,
    session: AsAdmin,
    once: OnceDep,
) -> DisputeOut:
    """Decide whether the shop or the platform bears a lost dispute. Until then the platform does."""
    return await once(session, actions.decide_dispute(session, dispute_id, decided), 200)


@router.get("/admin/shops-in-debt")
async def list_shops_in_debt(
    session: AsAdmin, limit: Annotated[int, Query(ge=1, le=500, description="The most shops to return.")] = 100
) -> list[ShopInDebt]:
    """List the shops that owe the platform money, the largest debt first. It is netted from what comes to them."""
    return await queries.shops_in_debt(session, limit)


def _rows(lots: list[LedgerRow]) -> Iterator[list[Cell]]:
    for lot in lots:
        at = (lot.corrected_at or lot.closed_at).isoformat()
        cents = (lot.gross_cents, lot.commission_cents, lot.vat_cents, lot.net_cents)
        settled = "" if lot.transferred is None else "oui" if lot.transferred else "non"
        yield [
            *(str(lot.lot_id), lot.title, lot.window_ended_at.isoformat(), at, lot.portions or 0),
            *_euros(cents),
            settled,
        ]


def _euros(cents: tuple[int, ...]) -> list[Cell]:
    return [Decimal(value).scaleb(-2) for value in cents]
