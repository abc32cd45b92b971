"""Shops over HTTP. `administration` has the routes that verify them, `lots` the one that lists their lots."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import ActsDep, AsMerchant, AsShopMember, SessionDep, require_role
from backend.http.etags import IfMatch, etag
from backend.http.idempotency import OnceDep
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.routing import Router
from backend.identity.callers import SIGN_IN_OPTIONAL, also_at_kiosks
from backend.identity.tokens import Role
from backend.places.problems import OneSearchOnly
from backend.places.searching import (
    BEST,
    BY_DISTANCE,
    BY_MATCH,
    BY_NAME,
    FIRST,
    NEAREST,
    NameAsked,
    NearAsked,
    found_page,
)
from backend.problems.common import CursorInvalid, NotSignedIn, PreconditionFailed
from backend.problems.problem import language_of, may_answer
from backend.shops import actions, queries
from backend.shops.communes import CommuneAsked
from backend.shops.problems import (
    PagePhotoUnknown,
    ShopCoordinatesSwapped,
    ShopLotsOutlastUseBy,
    ShopNotFound,
    ShopOutsideTerritory,
    ShopSiretInvalid,
)
from backend.shops.schemas import OwnShop, OwnShopPage, ShopEdit, ShopFound, ShopIn, ShopPage, ShopStatus

router = Router(tags=["shops"])

MISPLACED = (ShopOutsideTerritory, ShopCoordinatesSwapped)
CURSOR = TypeAdapter(tuple[UUID])
# Vary, because the owner's answer has more than everybody else's, and hours are written in the reader's language.
PUBLIC = {"Cache-Control": "public, max-age=30", "Vary": "Authorization, Accept-Language"}


@router.post("/shops", status_code=201, responses=may_answer(ShopSiretInvalid, *MISPLACED))
async def register_shop(wanted: ShopIn, session: AsMerchant, once: OnceDep) -> OwnShop:
    """Register a shop.

    It is `pending` until an admin has verified it. Until then, nobody but you and admins sees it or its lots.
    """
    return await once(session, actions.register_shop(session, wanted), 201, {"ETag": etag(1)})


@router.get("/shops", responses=may_answer(CursorInvalid, OneSearchOnly), openapi_extra=SIGN_IN_OPTIONAL)
@also_at_kiosks
async def find_shops(
    session: SessionDep,
    acts: ActsDep,
    response: Response,
    near: NearAsked = None,
    q: NameAsked = None,
    insee: CommuneAsked = None,
    limit: Limit = 20,
    after: After = None,
    status: Annotated[
        ShopStatus | None, Query(description="Of your own shops, without a search.", examples=["pending"])
    ] = None,
    to_correct: Annotated[
        bool, Query(description="true: only shops of your own that have fields in `to_correct`; without a search.")
    ] = False,
) -> Page[OwnShop] | Page[ShopFound]:
    """Find verified shops by one of `near`, `q` and `insee`, as anyone, or list your own.

    `near` answers with the nearest first; `q` with those whose name is or begins with the text, then those of which a
    later word does; `insee` with those of a commune by name. Accents, capitals and hyphens do not matter, and St is
    Saint.

    Without any of the three you need to sign in, and get the shops that you work for, oldest first; as an admin, all.
    """
    if sum(asked is not None for asked in (near, q, insee)) > 1:
        raise OneSearchOnly
    if near is None and q is None and insee is None:
        return await _own_shops(session, limit, after, status, to_correct=to_correct)
    if session.sync_session.info["account_id"] is None:
        response.headers.update(PUBLIC)
    if near is not None:
        found = await queries.shops_near(acts, near, cursor_key(after, BY_DISTANCE) if after else NEAREST, limit)
        return found_page(ShopFound, found, limit, "distance", "id")
    if q is not None:
        found = await queries.shops_named(acts, q, cursor_key(after, BY_MATCH) if after else BEST, limit)
        return found_page(ShopFound, found, limit, "rank", "key", "id")
    found = await queries.shops_in(acts, insee or "", cursor_key(after, BY_NAME) if after else FIRST, limit)
    return found_page(ShopFound, found, limit, "key", "id")


async def _own_shops(
    session: AsyncSession, limit: int, after: str | None, status: ShopStatus | None, *, to_correct: bool
) -> Page[OwnShop]:
    if session.sync_session.info["account_id"] is None:
        raise NotSignedIn
    await require_role(session, Role.MERCHANT, Role.ADMIN, or_member_of="shop")
    beyond = cursor_key(after, CURSOR)[0] if after else None
    shops = await queries.shops_to_manage(session, status, beyond, limit, to_correct=to_correct)
    page = page_of(shops, limit, lambda shop: (shop.id,))
    # Of its exact type, which says which of the route's two answers it is.
    return Page[OwnShop](data=page.data, has_more=page.has_more, next=page.next)


@router.get("/shops/{shop_id}", responses=may_answer(ShopNotFound), openapi_extra=SIGN_IN_OPTIONAL)
@also_at_kiosks
async def read_shop(shop_id: UUID, session: SessionDep, request: Request, response: Response) -> OwnShopPage | ShopPage:
    """Read a shop's page.

    Anyone can see a verified shop. Its members and admins see it whatever its status, and also its status and SIRET.
    It has the next lots; all lots on offer are listed at `lots_url`.
    """
    shop, version = await queries.shop_page(session, shop_id, language_of(request.scope))
    response.headers["ETag"] = etag(version)
    response.headers["Vary"] = "Accept-Language"
    if session.sync_session.info["account_id"] is None:
        response.headers.update(PUBLIC)
    return shop


@router.patch(
    "/shops/{shop_id}",
    responses=may_answer(ShopNotFound, ShopLotsOutlastUseBy, PagePhotoUnknown, PreconditionFailed, *MISPLACED),
)
async def edit_shop(
    shop_id: UUID, wanted: ShopEdit, session: AsShopMember, if_match: IfMatch, request: Request, response: Response
) -> OwnShopPage | ShopPage:
    """Change a shop that you own, and what its page says.

    With If-Match, the change is made only if the shop has not changed since you read it. If the shop moves, its lots on
    offer move with it; if its commune is in another time zone, their use-by dates and its recurring listings follow.
    """
    await actions.edit_shop(session, shop_id, wanted, if_match)
    shop, version = await queries.shop_page(session, shop_id, language_of(request.scope))
    response.headers["ETag"] = etag(version)
    return shop
