"""Waiting lists over HTTP, and the draws that admins can verify."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path
from fastapi.responses import Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import AsAdmin, DatabaseDep, SignedIn, signed_in_as
from backend.http.idempotency import DOCUMENTED_KEY, OnceDep, RequiredOnceDep
from backend.http.paging import After, Limit, Page, cursor, cursor_key, page_bytes, page_of
from backend.http.rate_limits import limited
from backend.http.routing import Router
from backend.identity.callers import Caller, also_at_kiosks, caller, documented_sign_in
from backend.identity.tokens import Role
from backend.lots.problems import LotClosed, LotNotFound
from backend.payments.problems import PaymentBelowMinimum
from backend.problems.common import CursorInvalid, NotAllowed
from backend.problems.problem import may_answer
from backend.reservations.problems import DailyQuotaReached
from backend.reservations.requests import LIMITED, REFUSALS, StripeDep, id_in
from backend.reservations.schemas import ReservationMade
from backend.waiting import actions, queries
from backend.waiting.problems import (
    AlreadyWaiting,
    NothingOffered,
    OfferLapsed,
    SomeLeft,
    WaitingNotFound,
    WaitingOver,
)
from backend.waiting.schemas import DrawOut, PickupsOut, WaitingIn, WaitingOut

router = Router(tags=["reservations"])

CURSOR = TypeAdapter(tuple[UUID])
AsHolder = Annotated[AsyncSession, signed_in_as(Role.CUSTOMER, Role.BENEFICIARY)]


@router.post(
    "/lots/{lot_id}/waiting",
    status_code=201,
    responses=may_answer(
        NotAllowed, LotNotFound, LotClosed, SomeLeft, AlreadyWaiting, DailyQuotaReached, PaymentBelowMinimum
    ),
    dependencies=[limited("waiting", "60/minute", by=caller)],
)
@also_at_kiosks
async def wait_for_lot(lot_id: UUID, wanted: WaitingIn, session: AsHolder, once: OnceDep) -> WaitingOut:
    """Join the waiting list of a lot that is sold out.

    Portions that come back are kept for the people on the list, for some minutes each. Nobody else can take them
    meanwhile.
    """
    return await once(session, actions.join(session, lot_id, wanted.quantity), 201)


@router.get("/waiting", responses=may_answer(CursorInvalid))
@also_at_kiosks
async def list_waiting(session: SignedIn, limit: Limit = 20, after: After = None) -> Page[WaitingOut]:
    """List your waiting-list entries, newest first, with the portions that are kept for you and until when."""
    before = cursor_key(after, CURSOR)[0] if after else None
    return page_of(await queries.own_waiting(session, limit, before), limit, lambda entry: (entry.id,))


@router.get("/me/pickups", response_model=PickupsOut, responses=may_answer(CursorInvalid))
async def list_pickups(session: AsHolder, limit: Limit = 20, after: After = None) -> Response:
    """List your reservations, newest first, and with the first page the waiting-list entries that still run.

    It is what `GET /reservations` and `GET /waiting` answer, at once.
    """
    before = cursor_key(after, CURSOR)[0] if after else None
    found = await queries.own_pickups(session, limit, before)
    has_more = len(found.ids) > limit
    page = page_bytes(found.reservations[:limit], has_more, cursor(found.ids[limit - 1]) if has_more else None)
    body = b'{"waiting":[%b],%b' % (",".join(found.waiting).encode(), page[1:])
    return Response(body, media_type="application/json")


@router.post("/waiting/{waiting_id}/leave", responses=may_answer(WaitingNotFound, WaitingOver))
@also_at_kiosks
async def leave_waiting(waiting_id: UUID, session: SignedIn, once: OnceDep) -> WaitingOut:
    """Leave a waiting list. Portions that were kept for you are offered to the next person at once."""
    return await once(session, actions.leave(session, waiting_id), 200)


async def _waiting_id(waiting_id: Annotated[str, Path(json_schema_extra={"format": "uuid"})]) -> UUID:
    return id_in(waiting_id, WaitingNotFound)


@router.post(
    "/waiting/{waiting_id}/take",
    status_code=201,
    response_model=ReservationMade,
    responses=may_answer(*REFUSALS, WaitingNotFound, NothingOffered, OfferLapsed, WaitingOver, DailyQuotaReached),
    openapi_extra=DOCUMENTED_KEY,
    dependencies=[LIMITED, Depends(documented_sign_in)],
)
@also_at_kiosks
async def take_offer(
    once: RequiredOnceDep,
    waiting_id: Annotated[UUID, Depends(_waiting_id)],
    account_id: Caller,
    database: DatabaseDep,
    stripe: StripeDep,
) -> Response:
    """Reserve the portions that are kept for you; discounted ones are held until you pay, free ones confirmed at once.

    If more portions are kept than your quota of today still allows, you get as many as it allows, and the rest is
    offered to the next person.
    """
    return await actions.take_offer(database, stripe, once, account_id, waiting_id)


@router.get("/admin/lots/{lot_id}/draws", tags=["administration"], responses=may_answer(LotNotFound, CursorInvalid))
async def list_draws(lot_id: UUID, session: AsAdmin, limit: Limit = 20, after: After = None) -> Page[DrawOut]:
    """List the draws of a lot, each with everything needed to compute it again: waiting-list entries, no persons."""
    beyond = cursor_key(after, CURSOR)[0] if after else None
    return page_of(await queries.draws(session, lot_id, limit, beyond), limit, lambda draw: (draw.id,))
