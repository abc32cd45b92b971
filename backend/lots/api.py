"""Lots over HTTP, but for the search, which stands in near.py."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import TypeAdapter

from backend.database.sessions import AsMerchant, SessionDep
from backend.http.etags import IfMatch, etag
from backend.http.idempotency import OnceDep
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.routing import Router
from backend.identity.callers import SIGN_IN_OPTIONAL, also_at_kiosks
from backend.lots import actions, queries
from backend.lots.allergens import NAMES
from backend.lots.problems import (
    BecomesFreeInvalid,
    FairDrawNotFree,
    FoodDateMismatch,
    LotAlreadyPublished,
    LotClosed,
    LotConverted,
    LotHasReservations,
    LotNotFound,
    LotRecalled,
    PhotoUnknown,
    PickupWindowInvalid,
    PriceOutsideLaw,
    QuantityBelowReserved,
    UseByBeforePickup,
    WindowOver,
)
from backend.lots.schemas import AllergenOut, Allergens, LotEdit, LotIn, LotOut, LotRead, LotStatus
from backend.problems.common import CursorInvalid, PreconditionFailed
from backend.problems.problem import may_answer
from backend.shops.problems import ShopNotFound, ShopNotVerified

router = Router(tags=["lots"])

CURSOR = TypeAdapter(tuple[UUID])
# Portions go quickly, and beneficiaries see what others do not.
PUBLIC = {"Cache-Control": "public, max-age=5", "Vary": "Authorization"}
LAWS = (
    PriceOutsideLaw,
    PickupWindowInvalid,
    WindowOver,
    FoodDateMismatch,
    UseByBeforePickup,
    BecomesFreeInvalid,
    FairDrawNotFree,
    ShopNotVerified,
    PhotoUnknown,
    LotRecalled,
)


@router.post("/lots", status_code=201, responses=may_answer(*LAWS, ShopNotFound))
async def list_lot(wanted: LotIn, session: AsMerchant, once: OnceDep) -> LotRead:
    """List a lot of one's shop, published or as a draft."""
    return await once(session, actions.list_lot(session, wanted), 201, {"ETag": etag(1)})


@router.get("/allergens")
async def list_allergens(response: Response) -> Allergens:
    """List the 14 allergens of regulation (EU) 1169/2011 by their official names."""
    response.headers["Cache-Control"] = "public, max-age=86400"
    return Allergens(data=[AllergenOut(code=code, name_fr=fr, name_en=en) for code, (fr, en) in NAMES.items()])


@router.get("/lots/{lot_id}", responses=may_answer(LotNotFound), openapi_extra=SIGN_IN_OPTIONAL)
@also_at_kiosks
async def read_lot(lot_id: UUID, session: SessionDep, response: Response) -> LotRead:
    """Read a lot: a published discounted one by anyone, a free one by verified beneficiaries.

    Its merchant sees it whatever its status, its holders as long as they want. The ETag says which version of what
    its merchant can edit was read; `remaining` goes up and down without it.
    """
    lot, version = await queries.lot_seen(session, lot_id)
    response.headers["ETag"] = etag(version)
    if session.sync_session.info["account_id"] is None:
        response.headers.update(PUBLIC)
    return lot


@router.patch(
    "/lots/{lot_id}",
    responses=may_answer(
        *LAWS,
        LotNotFound,
        LotClosed,
        LotHasReservations,
        LotConverted,
        LotAlreadyPublished,
        QuantityBelowReserved,
        PreconditionFailed,
    ),
)
async def edit_lot(
    lot_id: UUID, wanted: LotEdit, session: AsMerchant, if_match: IfMatch, response: Response
) -> LotRead:
    """Change one's lot, or publish a draft; with If-Match only if nobody changed it since it was read."""
    await actions.edit_lot(session, lot_id, wanted, if_match)
    lot, version = await queries.lot_seen(session, lot_id)
    response.headers["ETag"] = etag(version)
    return lot


@router.post("/lots/{lot_id}/withdraw", responses=may_answer(LotNotFound, LotClosed))
async def withdraw_lot(lot_id: UUID, session: AsMerchant, once: OnceDep) -> LotRead:
    """Withdraw one's lot for good: every holder gets portions, quota and money back and is told."""
    return await once(session, actions.withdraw_lot(session, lot_id), 200)


@router.get("/shops/{shop_id}/lots", responses=may_answer(ShopNotFound, CursorInvalid), openapi_extra=SIGN_IN_OPTIONAL)
@also_at_kiosks
async def list_lots_of_shop(
    shop_id: UUID,
    session: SessionDep,
    response: Response,
    limit: Limit = 20,
    after: After = None,
    status: Annotated[LotStatus | None, Query(examples=["draft"])] = None,
) -> Page[LotOut]:
    """List a shop's lots, newest first: its merchant all of them, everybody else those on offer that they may see."""
    before = cursor_key(after, CURSOR)[0] if after else None
    lots = await queries.lots_of_shop(session, shop_id, status, before, limit)
    if session.sync_session.info["account_id"] is None:
        response.headers.update(PUBLIC)
    return page_of(lots, limit, lambda lot: (lot.id,))
