"""Lots over HTTP, except the search, which is in near.py."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import TypeAdapter

from backend.database.sessions import AsShopMember, SessionDep, SignedIn
from backend.http.etags import IfMatch, etag
from backend.http.idempotency import OnceDep
from backend.http.paging import After, Limit, Page, cursor, cursor_key, page_bytes, page_of
from backend.http.routing import Router
from backend.identity.callers import SIGN_IN_OPTIONAL, also_at_kiosks
from backend.lots import actions, queries
from backend.lots.allergens import NAMES
from backend.lots.problems import (
    AlcoholOffered,
    BecomesFreeInvalid,
    FairDrawNotFree,
    FoodDateMismatch,
    LotAlreadyPublished,
    LotClosed,
    LotConverted,
    LotHasReservations,
    LotNotFound,
    LotRecalled,
    OriginMissing,
    PhotoUnknown,
    PickupWindowInvalid,
    PriceOutsideLaw,
    QuantityBelowReserved,
    UseByBeforePickup,
    WindowOver,
)
from backend.lots.schemas import AllergenOut, Allergens, LotEdit, LotIn, LotOut, LotRead, LotsAtWork, LotStatus
from backend.problems.common import CursorInvalid, PreconditionFailed
from backend.problems.problem import may_answer
from backend.shops.problems import ShopNotFound, ShopNotVerified

router = Router(tags=["lots"])

CURSOR = TypeAdapter(tuple[UUID])
# A short time, because portions go quickly; Vary, because beneficiaries see lots that others do not.
PUBLIC = {"Cache-Control": "public, max-age=5", "Vary": "Authorization"}
RULES = (
    AlcoholOffered,
    PriceOutsideLaw,
    PickupWindowInvalid,
    WindowOver,
    FoodDateMismatch,
    UseByBeforePickup,
    BecomesFreeInvalid,
    FairDrawNotFree,
    ShopNotVerified,
    OriginMissing,
    PhotoUnknown,
    LotRecalled,
)


@router.post("/lots", status_code=201, responses=may_answer(*RULES, ShopNotFound))
async def list_lot(wanted: LotIn, session: AsShopMember, once: OnceDep) -> LotRead:
    """List a lot of your shop, published or as a draft."""
    return await once(session, actions.list_lot(session, wanted), 201, {"ETag": etag(1)})


@router.get("/allergens")
async def list_allergens(response: Response) -> Allergens:
    """List the 14 allergens of regulation (EU) 1169/2011 with their official names."""
    response.headers["Cache-Control"] = "public, max-age=86400"
    return Allergens(data=[AllergenOut(code=code, name_fr=fr, name_en=en) for code, (fr, en) in NAMES.items()])


@router.get("/lots/{lot_id}", responses=may_answer(LotNotFound), openapi_extra=SIGN_IN_OPTIONAL)
@also_at_kiosks
async def read_lot(lot_id: UUID, session: SessionDep, response: Response) -> LotRead:
    """Read a lot.

    Anybody can read a published discounted lot, and verified beneficiaries a published free lot. Its merchant and the
    people who reserved it can read it whatever its status. To all but its merchant, nothing remains of a discounted
    lot that is over. The ETag is the version of
    what the merchant can edit; it does not change with `remaining`.
    """
    lot, version = await queries.lot_seen(session, lot_id)
    response.headers["ETag"] = etag(version)
    if session.sync_session.info["account_id"] is None:
        response.headers.update(PUBLIC)
    return lot


@router.patch(
    "/lots/{lot_id}",
    responses=may_answer(
        *RULES,
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
    lot_id: UUID, wanted: LotEdit, session: AsShopMember, if_match: IfMatch, response: Response
) -> LotRead:
    """Change your lot, or publish a draft.

    With If-Match it changes only if nobody has changed it since you read it.
    """
    await actions.edit_lot(session, lot_id, wanted, if_match)
    lot, version = await queries.lot_seen(session, lot_id)
    response.headers["ETag"] = etag(version)
    return lot


@router.post("/lots/{lot_id}/withdraw", responses=may_answer(LotNotFound, LotClosed))
async def withdraw_lot(lot_id: UUID, session: AsShopMember, once: OnceDep) -> LotRead:
    """Withdraw your lot for good.

    Everybody who reserved it gets their quota and money back, and a mail.
    """
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
    """List the lots of a shop, newest first.

    Its merchant sees all of them, everybody else the lots on offer that they are allowed to see.
    """
    before = cursor_key(after, CURSOR)[0] if after else None
    lots = await queries.lots_of_shop(session, shop_id, status, before, limit)
    if session.sync_session.info["account_id"] is None:
        response.headers.update(PUBLIC)
    return page_of(lots, limit, lambda lot: (lot.id,))


@router.get(
    "/shops/{shop_id}/workplace/lots", response_model=LotsAtWork, responses=may_answer(ShopNotFound, CursorInvalid)
)
async def list_lots_at_work(
    shop_id: UUID,
    session: SignedIn,
    limit: Limit = 20,
    after: After = None,
    status: Annotated[LotStatus | None, Query(examples=["draft"])] = None,
) -> Response:
    """List the lots of a shop where you work, newest first, with your role there."""
    before = cursor_key(after, CURSOR)[0] if after else None
    shop, ids, lots = await queries.lots_at_work(session, shop_id, status, before, limit)
    has_more = len(ids) > limit
    listed = page_bytes(lots[:limit], has_more, cursor(ids[limit - 1]) if has_more else None)
    # The database has written the lots, and the shop comes before them in the same object.
    return Response(b'{"shop":%b,%b' % (shop.model_dump_json().encode(), listed[1:]), media_type="application/json")
