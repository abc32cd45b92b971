"""Reservations and passes over HTTP."""

import inspect
from collections.abc import AsyncIterator
from typing import Annotated, cast
from uuid import UUID

import limits
from fastapi import Depends, Path, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import TypeAdapter

from backend.database.sessions import ActsDep, AsShopMember, Database, DatabaseDep, SignedIn, caller_in
from backend.files.csv_writer import Cell, csv_lines, csv_of
from backend.http.hot_routes import HotRoutes
from backend.http.idempotency import OnceDep, RequiredKeyHeader, required_once
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.rate_limits import limited, spend
from backend.http.routing import Router
from backend.http.schemas import TimeAsked
from backend.http.strict_json import read_body
from backend.identity.callers import AtKiosk, Caller, also_at_kiosks, caller, documented_sign_in
from backend.lots.problems import LotNotFound
from backend.payments.checkout import begin_checkout
from backend.payments.problems import PaymentNotDue, PaymentUnderWay
from backend.problems.common import NotAtKiosk
from backend.problems.problem import language_of, may_answer
from backend.reservations import actions, holds, queries
from backend.reservations.pass_sheet import pass_sheet
from backend.reservations.passes import Passes, png, svg
from backend.reservations.problems import (
    DailyQuotaReached,
    LotSoldOut,
    MailedPassUnknown,
    NoPassYet,
    ReservationNotFound,
    ReservationOver,
)
from backend.reservations.queries import Only
from backend.reservations.requests import LIMIT, REFUSALS, RESERVATIONS, id_in
from backend.reservations.schemas import (
    CheckoutOut,
    MailedPassIn,
    PassOut,
    ReservationIn,
    ReservationMade,
    ReservationOut,
    ReservationRead,
    ReservationSeen,
    Status,
)
from backend.shops.problems import ShopNotFound
from backend.stripe.client import Stripe
from backend.stripe.problems import PaymentUnavailable

hot = HotRoutes(tags=["reservations"])
router = Router(tags=["reservations"])

AT_MOST = limits.parse(RESERVATIONS)
SHOWN = limited("mailed-passes", "60/minute")  # by address; nobody finds a signature of 128 bits by trying
PRINTS = "30/minute"
CHECKOUTS = "20/minute"
CURSOR = TypeAdapter(tuple[UUID])
CSV = "text/csv"
ROWS_AT_ONCE = 2_000  # of a list that is downloaded
HEADER = (
    "Réservation",
    "Lot",
    "Titre",
    "Portions",
    "État",
    "Début du retrait",
    "Fin du retrait",
    "Réservé le",
)
# As a counter sees them: it never sees a hold, nor that one lapsed.
STATUS_WORDS = {"confirmed": "à retirer", "picked_up": "retirée", "cancelled": "annulée", "no_show": "non retirée"}
Lot = Annotated[UUID | None, Query(description="Only reservations of this lot.")]
Since = Annotated[
    TimeAsked | None,
    Query(
        alias="from",
        description="Only reservations whose pickup window is not over by then.",
        examples=["2026-11-22T00:00:00+01:00"],
    ),
]
Shown = Annotated[
    Status | None,
    Query(description="Only reservations with this status, as the list shows it.", examples=["confirmed"]),
]


@also_at_kiosks
async def reserve(request: Request) -> Response:
    """Reserve portions of a lot; a discounted lot is held until it is paid, a free one is confirmed at once."""
    account_id = await caller(request)
    await spend(request.scope, LIMIT, AT_MOST, str(account_id))
    once = await required_once(request)
    wanted = await read_body(request, ReservationIn)
    lot_id = id_in(request.path_params["lot_id"], LotNotFound)
    state = request.app.state
    status, body = await holds.reserve(
        cast(Database, state.database).acts, state.stripe, once, account_id, lot_id, wanted.quantity
    )
    return Response(body, status, media_type="application/json")


hot.add(
    "POST",
    "/lots/{lot_id}/reservations",
    reserve,
    body=ReservationIn,
    answer=ReservationMade,
    status_code=201,
    signed_in=True,
    others=[
        inspect.Parameter("lot_id", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[UUID, Path()]),
        inspect.Parameter("idempotency_key", inspect.Parameter.KEYWORD_ONLY, annotation=RequiredKeyHeader),
    ],
    responses=may_answer(*REFUSALS, LotSoldOut, DailyQuotaReached),
)


@router.get("/reservations", responses=may_answer(ShopNotFound))
@also_at_kiosks
async def list_reservations(
    session: SignedIn,
    at_kiosk: AtKiosk,
    limit: Limit = 20,
    after: After = None,
    shop: Annotated[
        UUID | None, Query(description="The reservations of this shop's lots. You must work there.")
    ] = None,
    lot: Lot = None,
    since: Since = None,
    status: Shown = None,
) -> Page[ReservationSeen]:
    """List your reservations, newest first; as a merchant, the reservations of your shops' lots.

    With `shop`, its owners and staff list the reservations of its lots, whatever their account's role. Members of a
    shop see the same for every kind of lot: no person, no price, and a held reservation as confirmed, although it may
    still expire.
    """
    if shop is not None and at_kiosk:
        raise NotAtKiosk
    before = cursor_key(after, CURSOR)[0] if after else None
    only = Only(lot, since, status)
    return page_of(await queries.reservations_seen(session, limit, before, shop, only), limit, lambda row: (row.id,))


@router.get(
    "/reservations.csv",
    response_class=Response,
    responses={
        200: {
            "description": "CSV for a spreadsheet: UTF-8 with byte order mark, semicolons, French headers.",
            "content": {CSV: {"schema": {"type": "string"}}},
        },
        **may_answer(ShopNotFound),
    },
)
async def export_reservations(
    session: AsShopMember,
    database: DatabaseDep,
    shop: Annotated[UUID, Query(description="The shop whose reservations to list. You must work there.")],
    lot: Lot = None,
    since: Since = None,
    status: Shown = None,
) -> Response:
    """Download the reservations of your shop's lots as a spreadsheet, newest first.

    It has what the list shows to members of a shop: no person, no price, and the same for every kind of lot. Times are
    where the shop is.
    """
    account_id, only = caller_in(session), Only(lot, since, status)
    first = await queries.reservations_seen(session, ROWS_AT_ONCE, None, shop, only)
    zone = await queries.zone_of_shop(session, shop)

    async def parts() -> AsyncIterator[bytes]:
        """Yield the list in parts, so that neither a long list nor a slow reader holds much memory or a connection."""
        rows = first
        yield csv_of(HEADER, map(line, rows[:ROWS_AT_ONCE]))
        while len(rows) > ROWS_AT_ONCE:
            async with database.session(account_id) as session, session.begin():
                last = rows[ROWS_AT_ONCE - 1].id
                rows = await queries.reservations_seen(session, ROWS_AT_ONCE, last, shop, only)
            yield csv_lines(map(line, rows[:ROWS_AT_ONCE]))

    def line(row: ReservationSeen) -> list[Cell]:
        return [
            str(row.id),
            str(row.lot_id),
            row.title,
            row.quantity,
            STATUS_WORDS[row.status],
            *(f"{at.astimezone(zone):%d/%m/%Y %H:%M}" for at in (row.pickup_start, row.pickup_end, row.created_at)),
        ]

    headers = {"Content-Disposition": 'attachment; filename="reservations.csv"', "Cache-Control": "no-store"}
    return StreamingResponse(parts(), headers=headers, media_type=f"{CSV}; charset=utf-8")


@router.get("/reservations/{reservation_id}", responses=may_answer(ReservationNotFound))
@also_at_kiosks
async def read_reservation(reservation_id: UUID, session: SignedIn) -> ReservationRead:
    """Read a reservation of yours, or of a lot of a shop where you are owner or staff."""
    return await queries.reservation(session, reservation_id)


@router.post("/reservations/{reservation_id}/cancel", responses=may_answer(ReservationNotFound, ReservationOver))
@also_at_kiosks
async def cancel_reservation(reservation_id: UUID, session: SignedIn, once: OnceDep) -> ReservationOut:
    """Cancel a reservation.

    The portions go back to the lot. You get quota and money back if you cancel in time: by default until 2 hours before
    the pickup window.
    """
    return await once(session, actions.cancel_reservation(session, reservation_id), 200)


@router.post(
    "/reservations/{reservation_id}/checkout",
    status_code=201,
    responses=may_answer(ReservationNotFound, PaymentNotDue, PaymentUnderWay, PaymentUnavailable),
    dependencies=[limited("checkout", CHECKOUTS, by=caller), Depends(documented_sign_in)],
)
async def open_checkout(reservation_id: UUID, request: Request, account_id: Caller, acts: ActsDep) -> CheckoutOut:
    """Pay a hold on a page of Stripe's; the answer is the page's address, the same one each time.

    From then on the reservation's own `payment` cannot be used any more. The page ends with the hold, and returns to
    the reservation's page. Whoever pays too late is refunded.
    """
    stripe: Stripe = request.app.state.stripe
    url = await begin_checkout(acts, stripe, account_id, reservation_id, language_of(request.scope))
    return CheckoutOut(url=url)


async def _passes(request: Request) -> Passes:
    return cast(Passes, request.app.state.passes)


PassesDep = Annotated[Passes, Depends(_passes)]
PASS_PROBLEMS = may_answer(ReservationNotFound, NoPassYet)


@router.get("/reservations/{reservation_id}/pass", responses=PASS_PROBLEMS)
@also_at_kiosks
async def read_pass(reservation_id: UUID, session: SignedIn, passes: PassesDep) -> PassOut:
    """Read the pass to show at the counter. It looks the same for every kind of lot."""
    return await queries.pass_of(session, passes, reservation_id)


@router.get(
    "/reservations/{reservation_id}/pass.png",
    responses=PASS_PROBLEMS | {200: {"content": {"image/png": {"example": "(a PNG picture)"}}}},
    response_class=Response,
)
@also_at_kiosks
async def read_pass_png(reservation_id: UUID, session: SignedIn, passes: PassesDep) -> Response:
    """Read the QR code of a pass as PNG."""
    shown = await queries.pass_of(session, passes, reservation_id)
    return Response(png(shown.qr), media_type="image/png")


@router.get(
    "/reservations/{reservation_id}/pass.svg",
    responses=PASS_PROBLEMS | {200: {"content": {"image/svg+xml": {"example": "<svg/>"}}}},
    response_class=Response,
)
@also_at_kiosks
async def read_pass_svg(reservation_id: UUID, session: SignedIn, passes: PassesDep) -> Response:
    """Read the QR code of a pass as SVG."""
    shown = await queries.pass_of(session, passes, reservation_id)
    return Response(svg(shown.qr), media_type="image/svg+xml")


@router.post("/passes/show", responses=may_answer(MailedPassUnknown), dependencies=[SHOWN])
async def show_mailed_pass(held: MailedPassIn, acts: ActsDep, passes: PassesDep, response: Response) -> PassOut:
    """Show the pass of a link in a mail, as its holder sees it. Needs no sign-in."""
    response.headers["Cache-Control"] = "no-store"
    return await queries.mailed_pass(acts, passes, held.token)


@router.post(
    "/passes/show.svg",
    responses=may_answer(MailedPassUnknown) | {200: {"content": {"image/svg+xml": {"example": "<svg/>"}}}},
    response_class=Response,
    dependencies=[SHOWN],
)
async def show_mailed_pass_svg(held: MailedPassIn, acts: ActsDep, passes: PassesDep) -> Response:
    """Read the QR code of the pass of a link in a mail, as SVG. Needs no sign-in."""
    shown = await queries.mailed_pass(acts, passes, held.token)
    return Response(svg(shown.qr), media_type="image/svg+xml", headers={"Cache-Control": "no-store"})


@router.get(
    "/reservations/{reservation_id}/pass.pdf",
    responses=PASS_PROBLEMS
    | {
        200: {
            "description": "One page of A6, black on white.",
            "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
    response_class=Response,
)
@also_at_kiosks
async def print_pass(reservation_id: UUID, request: Request, session: SignedIn, passes: PassesDep) -> Response:
    """Read a pass to print, for whoever has no telephone, in the language that Accept-Language asks for."""
    await spend(request.scope, "pass-sheets", PRINTS, str(caller_in(session)))
    language = language_of(request.scope)
    shown = await queries.pass_of(session, passes, reservation_id)
    reserved = await queries.reserved(session, reservation_id)
    await session.commit()  # typesetting is slow, and should hold no connection
    pdf = await pass_sheet(shown, reserved, language)
    headers = {
        "Content-Disposition": f'attachment; filename="{"bon-de-retrait" if language == "fr" else "pass"}.pdf"',
        "Content-Language": language,
        "Cache-Control": "no-store",
    }
    return Response(pdf, media_type="application/pdf", headers=headers)


@router.post("/reservations/{reservation_id}/pass", status_code=201, responses=PASS_PROBLEMS)
@also_at_kiosks
async def renew_pass(reservation_id: UUID, session: SignedIn, passes: PassesDep, once: OnceDep) -> PassOut:
    """Replace a pass by a new one, after wrong PINs locked it or somebody else saw it."""

    async def renewed() -> PassOut:
        await actions.renew_pass(session, reservation_id)
        return await queries.pass_of(session, passes, reservation_id)

    return await once(session, renewed())
