"""Favourites and saved places over HTTP, for customers and beneficiaries."""

from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import signed_in_as
from backend.favourites import actions, queries
from backend.favourites.problems import (
    FavouriteLimitReached,
    PlaceCoordinatesSwapped,
    PlaceLimitReached,
    PlaceNotFound,
    PlaceOutsideFrance,
)
from backend.favourites.schemas import FavouriteOut, PlaceEdit, PlaceIn, PlaceOut
from backend.http.etags import IfMatch, etag
from backend.http.idempotency import OnceDep
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.routing import Router
from backend.identity.tokens import Role
from backend.problems.common import CursorInvalid, PreconditionFailed
from backend.problems.problem import may_answer
from backend.shops.problems import ShopNotFound

router = Router(tags=["favourites"])

AsEater = Annotated[AsyncSession, signed_in_as(Role.CUSTOMER, Role.BENEFICIARY)]
MISPLACED = (PlaceOutsideFrance, PlaceCoordinatesSwapped)
CURSOR = TypeAdapter(tuple[UUID])


@router.get("/favourites", responses=may_answer(CursorInvalid))
async def list_favourites(session: AsEater, limit: Limit = 20, after: After = None) -> Page[FavouriteOut]:
    """List your favourite shops, the newest first, and whether each has a lot on offer now.

    A shop that is suspended is left out until it is verified again.
    """
    before = cursor_key(after, CURSOR)[0] if after else None
    found = await queries.own_favourites(session, limit, before)
    page = page_of(found, limit, lambda favourite: (favourite[0],))
    return Page(data=[shown for _id, shown in page.data], has_more=page.has_more, next=page.next)


@router.put("/favourites/{shop_id}", status_code=204, responses=may_answer(ShopNotFound, FavouriteLimitReached))
async def add_favourite(shop_id: UUID, session: AsEater) -> None:
    """Add a verified shop to your favourites. If it is one already, nothing changes.

    You are told when it offers again: once a day, with its first lot. If you have a right to free lots, you are told
    once more with its first free lot. You can have up to 200 favourites.
    """
    await actions.add_favourite(session, shop_id)


@router.delete("/favourites/{shop_id}", status_code=204, responses=may_answer(ShopNotFound))
async def remove_favourite(shop_id: UUID, session: AsEater) -> None:
    """Remove a shop from your favourites. If it is none, nothing changes."""
    await actions.remove_favourite(session, shop_id)


@router.get("/me/places", responses=may_answer(CursorInvalid))
async def list_places(session: AsEater, limit: Limit = 20, after: After = None) -> Page[PlaceOut]:
    """List your saved places, in the order in which you saved them. Nobody else sees them."""
    beyond = cursor_key(after, CURSOR)[0] if after else None
    return page_of(await queries.own_places(session, limit, beyond), limit, lambda place: (place.id,))


@router.post("/me/places", status_code=201, responses=may_answer(PlaceLimitReached, *MISPLACED))
async def save_place(wanted: PlaceIn, session: AsEater, once: OnceDep) -> PlaceOut:
    """Save a place where you look for lots, in France. You can have up to five.

    With an alert you are told of lots near it that come on offer: in one notice, at most some times a day, and not in
    your quiet hours. Free lots are among them if you have a right to them. An alert does not use your diet.
    """
    return await once(session, actions.save_place(session, wanted), 201, {"ETag": etag(1)})


@router.get("/me/places/{place_id}", responses=may_answer(PlaceNotFound))
async def read_place(place_id: UUID, session: AsEater, response: Response) -> PlaceOut:
    """Read one of your saved places."""
    place, version = await queries.own_place(session, place_id)
    response.headers["ETag"] = etag(version)
    return place


@router.patch("/me/places/{place_id}", responses=may_answer(PlaceNotFound, PreconditionFailed, *MISPLACED))
async def edit_place(
    place_id: UUID, wanted: PlaceEdit, session: AsEater, if_match: IfMatch, response: Response
) -> PlaceOut:
    """Change one of your saved places, or its alert.

    With If-Match, the change is made only if the place has not changed since you read it.
    """
    await actions.edit_place(session, place_id, wanted, if_match)
    place, version = await queries.own_place(session, place_id)
    response.headers["ETag"] = etag(version)
    return place


@router.delete("/me/places/{place_id}", status_code=204, responses=may_answer(PlaceNotFound))
async def remove_place(place_id: UUID, session: AsEater) -> None:
    """Remove one of your saved places."""
    await actions.remove_place(session, place_id)
