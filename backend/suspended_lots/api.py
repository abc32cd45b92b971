"""Suspended lots over HTTP."""

from uuid import UUID

from fastapi import Depends, Response
from pydantic import TypeAdapter

from backend.database.sessions import DatabaseDep, SignedIn
from backend.http.etags import IfMatch, etag
from backend.http.idempotency import DOCUMENTED_KEY, OnceDep, RequiredOnceDep
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.routing import Router
from backend.identity.callers import Caller, documented_sign_in
from backend.problems.common import CursorInvalid, PreconditionFailed
from backend.problems.problem import may_answer
from backend.reservations.problems import LotSoldOut, ReservationOver
from backend.reservations.requests import LIMITED, REFUSALS, StripeDep
from backend.suspended_lots import actions, queries
from backend.suspended_lots.problems import SuspendedLotNotFound, SuspendedLotOffered, SuspendedLotOver
from backend.suspended_lots.schemas import SuspendedLotEdit, SuspendedLotIn, SuspendedLotMade, SuspendedLotOut

router = Router(tags=["suspended lots"])

CURSOR = TypeAdapter(tuple[UUID])


@router.post(
    "/suspended-lots",
    status_code=201,
    response_model=SuspendedLotMade,
    responses=may_answer(*REFUSALS, LotSoldOut),
    openapi_extra=DOCUMENTED_KEY,
    dependencies=[LIMITED, Depends(documented_sign_in)],
)
async def suspend_lot(
    wanted: SuspendedLotIn, once: RequiredOnceDep, account_id: Caller, database: DatabaseDep, stripe: StripeDep
) -> Response:
    """Suspend portions of a discounted lot: you pay, and a beneficiary collects. They are held until you pay."""
    return await actions.suspend_lot(database, stripe, once, account_id, wanted)


@router.get("/suspended-lots", responses=may_answer(CursorInvalid))
async def list_suspended_lots(session: SignedIn, limit: Limit = 20, after: After = None) -> Page[SuspendedLotOut]:
    """List your suspended lots, newest first."""
    before = cursor_key(after, CURSOR)[0] if after else None
    gifts = await queries.suspended_lots_of_caller(session, limit, before)
    return page_of(gifts, limit, lambda gift: (gift.id,))


@router.get("/suspended-lots/{suspended_lot_id}", responses=may_answer(SuspendedLotNotFound))
async def read_suspended_lot(suspended_lot_id: UUID, session: SignedIn, response: Response) -> SuspendedLotOut:
    """Read a suspended lot of yours: what was collected once its window is over, never by whom."""
    gift, version = await queries.suspended_lot(session, suspended_lot_id)
    response.headers["ETag"] = etag(version)
    return gift


@router.patch(
    "/suspended-lots/{suspended_lot_id}",
    responses=may_answer(SuspendedLotNotFound, SuspendedLotOver, PreconditionFailed),
)
async def edit_suspended_lot(
    suspended_lot_id: UUID, wanted: SuspendedLotEdit, session: SignedIn, if_match: IfMatch, response: Response
) -> SuspendedLotOut:
    """Choose what happens to portions that nobody reserves. You can do so until the pickup window ends."""
    await actions.choose_if_unclaimed(session, suspended_lot_id, wanted.if_unclaimed, if_match)
    gift, version = await queries.suspended_lot(session, suspended_lot_id)
    response.headers["ETag"] = etag(version)
    return gift


@router.post(
    "/suspended-lots/{suspended_lot_id}/cancel",
    responses=may_answer(SuspendedLotNotFound, SuspendedLotOffered, ReservationOver),
)
async def cancel_suspended_lot(suspended_lot_id: UUID, session: SignedIn, once: OnceDep) -> SuspendedLotOut:
    """Cancel a suspended lot that you have not paid for yet."""
    return await once(session, actions.cancel_suspended_lot(session, suspended_lot_id), 200)
