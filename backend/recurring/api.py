"""Recurring listings over HTTP, for the members of their shop only. The lots that they publish are ordinary lots."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Response
from pydantic import TypeAdapter

from backend.database.sessions import AsShopMember
from backend.http.etags import IfMatch, etag
from backend.http.idempotency import OnceDep
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.routing import Router
from backend.http.schemas import DayAsked
from backend.lots.problems import (
    AlcoholOffered,
    BecomesFreeInvalid,
    FoodDateMismatch,
    OriginMissing,
    PhotoUnknown,
    PriceOutsideLaw,
    UseByBeforePickup,
)
from backend.problems.common import CursorInvalid, PreconditionFailed
from backend.problems.problem import may_answer
from backend.recurring import actions, queries
from backend.recurring.problems import RecurringDayClosed, RecurringNotFound, WindowBeforePublication
from backend.recurring.schemas import DayIn, DayOut, RecurringEdit, RecurringIn, RecurringOut
from backend.shops.problems import ShopNotFound

router = Router(tags=["lots"])

CURSOR = TypeAdapter(tuple[UUID])
RULES = (
    AlcoholOffered,
    PriceOutsideLaw,
    FoodDateMismatch,
    UseByBeforePickup,
    WindowBeforePublication,
    BecomesFreeInvalid,
    OriginMissing,
    PhotoUnknown,
)
Day = Annotated[DayAsked, Path(description="A day where the shop is.", examples=["2026-12-24"])]


@router.post("/recurring-listings", status_code=201, responses=may_answer(*RULES, ShopNotFound))
async def begin_recurring_listing(wanted: RecurringIn, session: AsShopMember, once: OnceDep) -> RecurringOut:
    """Publish the same lot on the same weekdays, from the next publication time on."""
    return await once(session, actions.begin_listing(session, wanted), 201, {"ETag": etag(1)})


@router.get("/shops/{shop_id}/recurring-listings", responses=may_answer(ShopNotFound, CursorInvalid))
async def list_recurring_listings(
    shop_id: UUID, session: AsShopMember, limit: Limit = 20, after: After = None
) -> Page[RecurringOut]:
    """List the recurring listings of your shop, newest first."""
    before = cursor_key(after, CURSOR)[0] if after else None
    found = await queries.listings_of_shop(session, shop_id, before, limit)
    return page_of(found, limit, lambda listing: (listing.id,))


@router.get("/recurring-listings/{listing_id}", responses=may_answer(RecurringNotFound))
async def read_recurring_listing(listing_id: UUID, session: AsShopMember, response: Response) -> RecurringOut:
    """Read your recurring listing, with the changes to days from today on."""
    listing, version = await queries.recurring_listing(session, listing_id)
    response.headers["ETag"] = etag(version)
    return listing


@router.patch("/recurring-listings/{listing_id}", responses=may_answer(*RULES, RecurringNotFound, PreconditionFailed))
async def edit_recurring_listing(
    listing_id: UUID, wanted: RecurringEdit, session: AsShopMember, if_match: IfMatch, response: Response
) -> RecurringOut:
    """Change your recurring listing.

    The change applies to lots that it has not published yet. With If-Match, it is made only if the listing has not
    changed since you read it.
    """
    await actions.edit_listing(session, listing_id, actions.changes(wanted), if_match)
    listing, version = await queries.recurring_listing(session, listing_id)
    response.headers["ETag"] = etag(version)
    return listing


@router.post("/recurring-listings/{listing_id}/pause", responses=may_answer(RecurringNotFound))
async def pause_recurring_listing(listing_id: UUID, session: AsShopMember, once: OnceDep) -> RecurringOut:
    """Pause your recurring listing.

    It publishes nothing until you resume it. Lots that it has already published stay on offer.
    """
    return await once(session, actions.set_active(session, listing_id, active=False), 200)


@router.post("/recurring-listings/{listing_id}/resume", responses=may_answer(RecurringNotFound))
async def resume_recurring_listing(listing_id: UUID, session: AsShopMember, once: OnceDep) -> RecurringOut:
    """Resume your recurring listing, from the next publication time on."""
    return await once(session, actions.set_active(session, listing_id, active=True), 200)


@router.put(
    "/recurring-listings/{listing_id}/days/{day}",
    responses=may_answer(
        RecurringNotFound, RecurringDayClosed, PriceOutsideLaw, WindowBeforePublication, UseByBeforePickup
    ),
)
async def change_recurring_day(listing_id: UUID, day: Day, wanted: DayIn, session: AsShopMember) -> DayOut:
    """Skip one day, or change its quantity, price or pickup window.

    The change applies to that day only.
    """
    return await actions.change_day(session, listing_id, day, wanted)


@router.delete("/recurring-listings/{listing_id}/days/{day}", status_code=204, responses=may_answer(RecurringNotFound))
async def forget_recurring_day(listing_id: UUID, day: Day, session: AsShopMember) -> None:
    """Remove the changes to one day."""
    await actions.forget_day(session, listing_id, day)
