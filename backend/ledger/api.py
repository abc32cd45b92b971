"""The ledger over HTTP, for admins."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import TypeAdapter

from backend.database.sessions import AsAdmin
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.routing import Router
from backend.http.schemas import TimeAsked
from backend.ledger import queries
from backend.ledger.queries import PostingQuery
from backend.ledger.schemas import AccountKind, DifferencesOut, PostingOut
from backend.problems.common import CursorInvalid
from backend.problems.problem import may_answer

router = Router(tags=["ledger"], prefix="/admin/ledger")

NUMBERED = TypeAdapter(tuple[int])


@router.get("", responses=may_answer(CursorInvalid))
async def read_ledger(
    session: AsAdmin,
    account: Annotated[AccountKind | None, Query(description="Only postings with a line of such an account.")] = None,
    shop_id: Annotated[UUID | None, Query(description="Only postings with a line of an account of this shop.")] = None,
    reservation_id: Annotated[UUID | None, Query(description="Only postings about this reservation's sale.")] = None,
    since: Annotated[TimeAsked | None, Query(description="Only what happened then or later.")] = None,
    until: Annotated[TimeAsked | None, Query(description="Only what happened before then.")] = None,
    limit: Limit = 20,
    after: After = None,
) -> Page[PostingOut]:
    """Read the ledger, the last posting first: what moved money, and between which accounts. It names no person."""
    before = cursor_key(after, NUMBERED)[0] if after else None
    wanted = PostingQuery(account, shop_id, reservation_id, since, until)
    return page_of(await queries.postings(session, wanted, before, limit), limit, lambda posting: (posting.id,))


@router.get("/differences")
async def read_differences(session: AsAdmin) -> DifferencesOut:
    """Read what the last check of the ledger found. The worker checks it every day."""
    return await queries.differences(session)
