"""Shops over HTTP. `administration` has the routes that verify them, `lots` the one that lists their lots."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import AsMerchant, AsShopMember, SessionDep, signed_in_as
from backend.http.etags import IfMatch, etag
from backend.http.idempotency import OnceDep
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.routing import Router
from backend.identity.callers import SIGN_IN_OPTIONAL, also_at_kiosks
from backend.identity.tokens import Role
from backend.problems.common import CursorInvalid, PreconditionFailed
from backend.problems.problem import may_answer
from backend.shops import actions, queries
from backend.shops.problems import (
    ShopCoordinatesSwapped,
    ShopLotsOutlastUseBy,
    ShopNotFound,
    ShopOutsideTerritory,
    ShopSiretInvalid,
)
from backend.shops.schemas import OwnShop, ShopEdit, ShopIn, ShopPage, ShopStatus

router = Router(tags=["shops"])

AsShopMemberOrAdmin = Annotated[AsyncSession, signed_in_as(Role.MERCHANT, Role.ADMIN, or_member_of="shop")]
MISPLACED = (ShopOutsideTerritory, ShopCoordinatesSwapped)
CURSOR = TypeAdapter(tuple[UUID])
# Vary, because the owner's answer has more than everybody else's.
PUBLIC = {"Cache-Control": "public, max-age=30", "Vary": "Authorization"}


@router.post("/shops", status_code=201, responses=may_answer(ShopSiretInvalid, *MISPLACED))
async def register_shop(wanted: ShopIn, session: AsMerchant, once: OnceDep) -> OwnShop:
    """Register a shop.

    It is `pending` until an admin has verified it. Until then, nobody but you and admins sees it or its lots.
    """
    return await once(session, actions.register_shop(session, wanted), 201, {"ETag": etag(1)})


@router.get("/shops", responses=may_answer(CursorInvalid))
async def list_shops(
    session: AsShopMemberOrAdmin,
    limit: Limit = 20,
    after: After = None,
    status: Annotated[ShopStatus | None, Query(examples=["pending"])] = None,
    to_correct: Annotated[bool, Query(description="true: only shops that have fields in `to_correct`.")] = False,
) -> Page[OwnShop]:
    """List the shops that you work for, oldest first; as an admin, all shops."""
    beyond = cursor_key(after, CURSOR)[0] if after else None
    shops = await queries.shops_to_manage(session, status, beyond, limit, to_correct=to_correct)
    return page_of(shops, limit, lambda shop: (shop.id,))


@router.get("/shops/{shop_id}", responses=may_answer(ShopNotFound), openapi_extra=SIGN_IN_OPTIONAL)
@also_at_kiosks
async def read_shop(shop_id: UUID, session: SessionDep, response: Response) -> OwnShop | ShopPage:
    """Read a shop's page.

    Anyone can see a verified shop. Its members and admins see it whatever its status, and also its status and SIRET.
    Its lots on offer are listed at `lots_url`.
    """
    shop, version = await queries.shop_page(session, shop_id)
    response.headers["ETag"] = etag(version)
    if session.sync_session.info["account_id"] is None:
        response.headers.update(PUBLIC)
    return shop


@router.patch(
    "/shops/{shop_id}", responses=may_answer(ShopNotFound, ShopLotsOutlastUseBy, PreconditionFailed, *MISPLACED)
)
async def edit_shop(
    shop_id: UUID, wanted: ShopEdit, session: AsShopMember, if_match: IfMatch, response: Response
) -> OwnShop | ShopPage:
    """Change a shop that you own.

    With If-Match, the change is made only if the shop has not changed since you read it. If the shop moves, its lots on
    offer move with it; if its commune is in another time zone, their use-by dates and its recurring listings follow.
    """
    await actions.edit_shop(session, shop_id, wanted, if_match)
    shop, version = await queries.shop_page(session, shop_id)
    response.headers["ETag"] = etag(version)
    return shop
