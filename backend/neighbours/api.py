"""Suggested agreements between neighbours, and where nobody collects, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from backend.associations.problems import WHICH
from backend.database.sessions import AsAdmin, signed_in_as
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.routing import Router
from backend.identity.tokens import Role
from backend.neighbours import actions, queries
from backend.neighbours.schemas import DismissalIn, NeighbourOut, UncollectedOut
from backend.problems.common import CursorInvalid
from backend.problems.problem import may_answer
from backend.shops.problems import ShopNotFound
from backend.territories.problems import TerritoryNotFound

router = Router(tags=["neighbours"])

AsSide = Annotated[
    AsyncSession, signed_in_as(Role.MERCHANT, Role.ASSOCIATION, or_member_of="either", names_association=True)
]
BEST = TypeAdapter(tuple[int, UUID])
BY_CODE = TypeAdapter(tuple[str])

Territory = Query(
    min_length=2,
    max_length=36,
    pattern=r"^[0-9A-Za-z-]+$",
    description="The code of a territory: an INSEE code, the SIREN of an EPCI, `DEP-67`, `REG-44` or `FR`. A zone"
    " stands for its commune.",
    examples=["67482"],
)


@router.get("/neighbours/suggestions", responses=may_answer(*WHICH, ShopNotFound, TerritoryNotFound, CursorInvalid))
async def suggest_neighbours(
    session: AsSide,
    response: Response,
    shop_id: Annotated[
        UUID | None, Query(description="A shop that you work for; without it, your verified association.")
    ] = None,
    territory: Annotated[str | None, Territory] = None,
    limit: Limit = 20,
    after: After = None,
) -> Page[NeighbourOut]:
    """List neighbours with which an agreement would make sense, the best first, with the reasons.

    An association gets shops that agreed to be suggested (`shows_leftovers`), with about what they leave; a shop gets
    public associations, and those that it had an agreement with. Without a territory: those in your EPCI. Neighbours
    that have an agreement with you, or that you were not interested in within 90 days, are left out. What shops leave
    is counted each night.
    """
    response.headers["Cache-Control"] = "no-store"
    beyond = cursor_key(after, BEST) if after else None
    found = await queries.suggestions(session, shop_id, territory, beyond, limit)
    return page_of(found, limit, lambda one: (one.score, one.id))


@router.post("/neighbours/dismissals", status_code=204, responses=may_answer(*WHICH, ShopNotFound))
async def dismiss_neighbour(wanted: DismissalIn, session: AsSide) -> None:
    """Say that a suggested neighbour is of no interest: it is not suggested to you again for 90 days.

    The neighbour is not told.
    """
    await actions.dismiss(session, wanted)


@router.get("/neighbours/uncollected", responses=may_answer(TerritoryNotFound, CursorInvalid))
async def list_uncollected(
    session: AsAdmin,
    response: Response,
    territory: Annotated[str, Territory] = "FR",
    limit: Limit = 20,
    after: After = None,
) -> Page[UncollectedOut]:
    """List the communes of a territory with what shops regularly leave, what nobody collects, and what lacks.

    For admins. Numbers only: no shop is named.
    """
    response.headers["Cache-Control"] = "no-store"
    beyond = cursor_key(after, BY_CODE)[0] if after else ""
    found = await queries.uncollected(session, territory, beyond, limit)
    return page_of(found, limit, lambda one: (one.insee_code,))
