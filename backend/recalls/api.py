"""Recalls over HTTP, for admins. `ecopanier recall` does the same on the command line."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import TypeAdapter

from backend.database.sessions import AsAdmin
from backend.http.idempotency import OnceDep
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.routing import Router
from backend.problems.common import CursorInvalid
from backend.problems.problem import may_answer
from backend.recalls import actions, queries
from backend.recalls.problems import RecallNoticeDecided, RecallNoticeLotUnknown, RecallNoticeNotFound
from backend.recalls.schemas import RecallDecision, RecallIn, RecallMade, RecallNoticeOut, RecallOut

router = Router(tags=["administration"], prefix="/admin")

CURSOR = TypeAdapter(tuple[UUID])


@router.post("/recalls", status_code=201)
async def recall_food(wanted: RecallIn, session: AsAdmin, once: OnceDep) -> RecallMade:
    """Recall food: freeze its lots, cancel and refund reservations, tell holders.

    Once this request has been answered, matching lots can no longer be found, reserved, handed over or published.
    Running reservations are cancelled and refunded within seconds. Their holders are told by mail, and so is everybody
    who may already have the food.
    """
    return await once(session, actions.recall_food(session, wanted), 201)


@router.get("/recalls", responses=may_answer(CursorInvalid))
async def list_recalls(session: AsAdmin, limit: Limit = 20, after: After = None) -> Page[RecallOut]:
    """List recalls, newest first."""
    before = cursor_key(after, CURSOR)[0] if after else None
    return page_of(await queries.recalls(session, before, limit), limit, lambda recall: (recall.id,))


@router.get("/recall-notices", responses=may_answer(CursorInvalid))
async def list_recall_notices(
    session: AsAdmin,
    waiting: Annotated[
        bool | None, Query(description="true: only notices that wait for a decision; false: only the others.")
    ] = None,
    limit: Limit = 20,
    after: After = None,
) -> Page[RecallNoticeOut]:
    """List the notices of the public feed that concern lots here, newest first.

    Lots that a notice names by trade number and batch were recalled at once. You are asked about lots that it may name.
    """
    before = cursor_key(after, CURSOR)[0] if after else None
    return page_of(await queries.notices(session, waiting, before, limit), limit, lambda notice: (notice.id,))


@router.post(
    "/recall-notices/{recall_notice_id}/decide",
    responses=may_answer(RecallNoticeNotFound, RecallNoticeDecided, RecallNoticeLotUnknown),
)
async def decide_recall_notice(
    recall_notice_id: UUID, wanted: RecallDecision, session: AsAdmin, once: OnceDep
) -> RecallNoticeOut:
    """Recall lots that a notice may name, or leave them on offer.

    Recalled lots freeze at once, as with a recall of your own. If another admin has decided about one of the lots,
    nothing is done.
    """
    return await once(session, actions.decide_notice(session, recall_notice_id, wanted), 200)
