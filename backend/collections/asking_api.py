"""Links that ask for collections without an account, shops' habits, and recurring requests, over HTTP."""

from typing import Annotated
from uuid import UUID

import limits
from fastapi import Depends, Path, Query, Request, Response

from backend.accounts.api import not_kept
from backend.accounts.problems import TooManyTries
from backend.accounts.tokens import LONGEST_TOKEN
from backend.associations.problems import AssociationNotFound
from backend.collections import asking
from backend.collections.asking_schemas import (
    CollectAsked,
    CollectForm,
    CollectIn,
    DayIn,
    HabitIn,
    HabitOut,
    LinkIn,
    LinkList,
    LinkMade,
    NewRecurringCollection,
    RecurringCollectionIn,
    RecurringCollectionOut,
    RecurringCollections,
    UnsoldLots,
)
from backend.collections.problems import (
    CollectionLinkNotFound,
    CollectionLinkUnknown,
    CollectionTooMuch,
    CollectionWindowInvalid,
    RecurringCollectionNotFound,
    TooManyCollectionLinks,
    TooManyRecurringCollections,
)
from backend.collections.schemas import SHOP
from backend.database.sessions import ActsDep, AsShopMember, caller_in
from backend.http.etags import IfMatch, etag
from backend.http.idempotency import OnceDep
from backend.http.rate_limits import client_address, spend
from backend.http.routing import Router
from backend.http.schemas import DayAsked
from backend.lots.problems import AlcoholOffered, LotRecalled, PastUseBy
from backend.problems.common import PreconditionFailed
from backend.problems.problem import may_answer
from backend.shops.problems import ShopNotFound

router = Router(tags=["collections"])

ADDED = limits.parse("30/hour")
SENT = limits.parse("60/hour")
Token = Annotated[
    str, Path(min_length=1, max_length=LONGEST_TOKEN, description="The token in the link.", examples=["guessed"])
]
Day = Annotated[DayAsked, Path(description="A day where the shop is.", examples=["2026-12-24"])]


@router.post("/collection-links", status_code=201, responses=may_answer(ShopNotFound, TooManyCollectionLinks))
async def add_collection_link(wanted: LinkIn, request: Request, session: AsShopMember, once: OnceDep) -> LinkMade:
    """Make a link with which whoever has it asks for collections of a shop that you own, without an account.

    The token is shown once. The link can do nothing else, and works until you revoke it.
    """
    await spend(request.scope, "collection-links", ADDED, str(caller_in(session)))
    return await once(session, asking.add_link(session, wanted), 201, {"Cache-Control": "no-store"})


@router.get("/collection-links", responses=may_answer(ShopNotFound))
async def list_collection_links(shop_id: Annotated[UUID, Query(examples=[SHOP])], session: AsShopMember) -> LinkList:
    """List the links of a shop that you own, those that stand first; at most 100."""
    return LinkList(data=await asking.links(session, shop_id))


@router.delete("/collection-links/{link_id}", status_code=204, responses=may_answer(CollectionLinkNotFound))
async def revoke_collection_link(link_id: UUID, session: AsShopMember) -> None:
    """Revoke a link of a shop that you own. It is worth nothing from the next request on."""
    await asking.revoke_link(session, link_id)


@router.get(
    "/collect/{token}",
    responses=may_answer(CollectionLinkUnknown, TooManyTries),
    dependencies=[Depends(not_kept)],
)
async def read_collect_form(token: Token, request: Request, acts: ActsDep, response: Response) -> CollectForm:
    """Read what a link is for, and get the number of a new form.

    A link that was revoked is answered like one that never was. After 20 unknown links in fifteen minutes an address
    has to wait.
    """
    response.headers["Referrer-Policy"] = "no-referrer"
    return await asking.form_of(acts, token, client_address(request.scope))


@router.post(
    "/collect/{token}",
    status_code=201,
    responses=may_answer(
        CollectionLinkUnknown,
        TooManyTries,
        CollectionWindowInvalid,
        CollectionTooMuch,
        AlcoholOffered,
        LotRecalled,
        PastUseBy,
    ),
    dependencies=[Depends(not_kept)],
)
async def collect(token: Token, wanted: CollectIn, request: Request, acts: ActsDep, response: Response) -> CollectAsked:
    """Ask for a collection with a link. A form that is sent again is the same request."""
    response.headers["Referrer-Policy"] = "no-referrer"
    address = client_address(request.scope)
    await spend(request.scope, "collect", SENT, address)
    return await asking.collect(acts, token, address, wanted)


@router.get("/shops/{shop_id}/unsold-lots", responses=may_answer(ShopNotFound))
async def list_unsold_lots(shop_id: UUID, session: AsShopMember) -> UnsoldLots:
    """List the lots of your shop that have portions left: on sale, or over for less than two days."""
    return UnsoldLots(data=await asking.unsold_lots(session, shop_id))


@router.get("/shops/{shop_id}/collection-habit", responses=may_answer(ShopNotFound))
async def read_collection_habit(shop_id: UUID, session: AsShopMember, response: Response) -> HabitOut:
    """Read whether what your shop could not hand out is offered for collection by itself, and when."""
    found = await asking.habit(session, shop_id)
    response.headers["ETag"] = etag(found.version)
    return found


@router.put("/shops/{shop_id}/collection-habit", responses=may_answer(ShopNotFound, PreconditionFailed))
async def set_collection_habit(
    shop_id: UUID, wanted: HabitIn, session: AsShopMember, if_match: IfMatch, response: Response
) -> HabitOut:
    """Let what your shop could not hand out be offered for collection by itself, or not any more.

    Once your lots of the moment are over, what is left of them is asked for in the next window, as far as its dates
    allow; each lot once.
    """
    found = await asking.set_habit(session, shop_id, wanted, if_match)
    response.headers["ETag"] = etag(found.version)
    return found


@router.post(
    "/recurring-collections",
    status_code=201,
    responses=may_answer(ShopNotFound, AssociationNotFound, TooManyRecurringCollections),
)
async def begin_recurring_collection(
    wanted: NewRecurringCollection, session: AsShopMember, once: OnceDep
) -> RecurringCollectionOut:
    """Ask for a collection again and again, on the same weekdays.

    Each day's request appears the day before; one for today at once.
    """
    return await once(session, asking.set_series(session, None, wanted), 201, {"ETag": etag(1)})


@router.get("/shops/{shop_id}/recurring-collections", responses=may_answer(ShopNotFound))
async def list_recurring_collections(shop_id: UUID, session: AsShopMember) -> RecurringCollections:
    """List the recurring requests of your shop, oldest first; a shop has at most 20."""
    return RecurringCollections(data=await asking.series_of(session, shop_id))


@router.get("/recurring-collections/{series_id}", responses=may_answer(RecurringCollectionNotFound))
async def read_recurring_collection(
    series_id: UUID, session: AsShopMember, response: Response
) -> RecurringCollectionOut:
    """Read your recurring request."""
    found = await asking.one_series(session, series_id)
    response.headers["ETag"] = etag(found.version)
    return found


@router.put(
    "/recurring-collections/{series_id}",
    responses=may_answer(RecurringCollectionNotFound, AssociationNotFound, PreconditionFailed),
)
async def change_recurring_collection(
    series_id: UUID, wanted: RecurringCollectionIn, session: AsShopMember, if_match: IfMatch, response: Response
) -> RecurringCollectionOut:
    """Change, pause or resume your recurring request.

    Requests that somebody has accepted stay as they are. Those that nobody has accepted yet are made anew.
    """
    found = await asking.set_series(session, series_id, wanted, if_match)
    response.headers["ETag"] = etag(found.version)
    return found


@router.put("/recurring-collections/{series_id}/days/{day}", responses=may_answer(RecurringCollectionNotFound))
async def change_recurring_collection_day(
    series_id: UUID, day: Day, wanted: DayIn, session: AsShopMember
) -> RecurringCollectionOut:
    """Skip one day of your recurring request, or give it other hours."""
    return await asking.set_day(session, series_id, day, wanted)


@router.delete("/recurring-collections/{series_id}/days/{day}", responses=may_answer(RecurringCollectionNotFound))
async def forget_recurring_collection_day(series_id: UUID, day: Day, session: AsShopMember) -> RecurringCollectionOut:
    """Let one day of your recurring request be as usual again."""
    return await asking.set_day(session, series_id, day, None)
