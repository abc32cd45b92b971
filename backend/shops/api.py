"""Shops over HTTP. `administration` has the routes that verify them, `lots` the one that lists their lots."""

from typing import Annotated, Any, cast
from uuid import UUID

import limits
from fastapi import Query, Request, Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import ActsDep, Database, DatabaseDep, SessionDep, SignedIn, require_role
from backend.http.etags import IfMatch, etag
from backend.http.idempotency import OnceDep
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.rate_limits import spend
from backend.http.routing import Router
from backend.identity.callers import SIGN_IN_OPTIONAL, Caller, also_at_kiosks
from backend.identity.tokens import Role
from backend.places.addresses import where_is
from backend.places.geocoder import Geocoder
from backend.places.problems import AddressAmbiguous, AddressUnknown, GeocoderUnavailable, OneSearchOnly
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
from backend.problems.common import CursorInvalid, NotSignedIn, PreconditionFailed, RequestInvalid
from backend.problems.problem import FieldError, language_of, may_answer
from backend.problems.texts import Language, field_text
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
from backend.shops.schemas import OwnShop, OwnShopPage, ShopEdit, ShopFound, ShopIn, ShopPage, ShopStatus, WorkplaceOut

router = Router(tags=["shops"])

MISPLACED = (ShopOutsideTerritory, ShopCoordinatesSwapped)
NOT_LOCATED = (AddressUnknown, AddressAmbiguous, GeocoderUnavailable)
ADDRESSES = limits.parse("60/hour")
SIGN_IN: dict[str, Any] = {"security": [{"bearer": []}]}
CURSOR = TypeAdapter(tuple[UUID])
# Vary, because the owner's answer has more than everybody else's, and hours are written in the reader's language.
PUBLIC = {"Cache-Control": "public, max-age=30", "Vary": "Authorization, Accept-Language"}


@router.post(
    "/shops", status_code=201, responses=may_answer(ShopSiretInvalid, *MISPLACED, *NOT_LOCATED), openapi_extra=SIGN_IN
)
async def register_shop(
    wanted: ShopIn, request: Request, database: DatabaseDep, account_id: Caller, once: OnceDep
) -> OwnShop:
    """Register a shop.

    It is `pending` until an admin has verified it. Until then, nobody but you and admins sees it or its lots. You may
    leave out `latitude`, `longitude` and `insee_code` where the server can look up addresses.
    """
    headers = {"ETag": etag(1)}
    geocoder: Geocoder | None = request.app.state.geocoder
    if geocoder is None or wanted.latitude is not None or wanted.longitude is not None:
        _require_place(wanted, language_of(request.scope))
    else:
        async with database.session(account_id) as session, session.begin():
            await require_role(session, Role.MERCHANT)
            if answered := await once.answered(session, headers):
                return cast(OwnShop, answered)
        # No transaction is open while the geocoder is asked.
        await spend(request.scope, "addresses", ADDRESSES, str(account_id))
        found = await where_is(geocoder, database.acts, wanted.address, wanted.insee_code)
        wanted = wanted.model_copy(update=actions.place_of(found, wanted.insee_code))
    async with database.session(account_id) as session, session.begin():
        await require_role(session, Role.MERCHANT)
        return await once(session, actions.register_shop(session, wanted), 201, headers)


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
async def read_shop(
    shop_id: UUID,
    session: SessionDep,
    request: Request,
    response: Response,
    lots: Annotated[int, Query(ge=0, le=20, description="The most lots in `next_lots`.")] = queries.NEXT_LOTS,
) -> OwnShopPage | ShopPage:
    """Read a shop's page.

    Anyone can see a verified shop. Its members and admins see it whatever its status, and also its status and SIRET.
    It has the next lots; all lots on offer are listed at `lots_url`.
    """
    shop, version = await queries.shop_page(session, shop_id, language_of(request.scope), lots)
    response.headers["ETag"] = etag(version)
    response.headers["Vary"] = "Accept-Language"
    if session.sync_session.info["account_id"] is None:
        response.headers.update(PUBLIC)
    return shop


@router.get("/shops/{shop_id}/workplace", responses=may_answer(ShopNotFound))
async def read_workplace(shop_id: UUID, session: SignedIn) -> WorkplaceOut:
    """Read your role at a shop where you work, and what its pages need besides: its name, status and time zone."""
    return await queries.workplace(session, shop_id)


@router.patch(
    "/shops/{shop_id}",
    responses=may_answer(
        ShopNotFound, ShopLotsOutlastUseBy, PagePhotoUnknown, PreconditionFailed, *MISPLACED, *NOT_LOCATED
    ),
    openapi_extra=SIGN_IN,
)
async def edit_shop(
    shop_id: UUID,
    wanted: ShopEdit,
    database: DatabaseDep,
    account_id: Caller,
    if_match: IfMatch,
    request: Request,
    response: Response,
) -> OwnShopPage | ShopPage:
    """Change a shop that you own, and what its page says.

    With If-Match, the change is made only if the shop has not changed since you read it. If the shop moves, its lots on
    offer move with it; if its commune is in another time zone, their use-by dates and its recurring listings follow.
    """
    located = await _moved_to(wanted, shop_id, request, database, account_id)
    async with database.session(account_id) as session, session.begin():
        await require_role(session, Role.MERCHANT, or_member_of="shop")
        await actions.edit_shop(session, shop_id, located, if_match)
        shop, version = await queries.shop_page(session, shop_id, language_of(request.scope))
    response.headers["ETag"] = etag(version)
    return shop


def _require_place(wanted: ShopIn, language: Language) -> None:
    """Raise RequestInvalid if a part of a shop's place is missing."""
    missing = [name for name in ("insee_code", "latitude", "longitude") if getattr(wanted, name) is None]
    if missing:
        message = field_text("missing", language)
        raise RequestInvalid(
            errors=[FieldError(field=f"body.{name}", code="missing", message=message) for name in missing]
        )


async def _moved_to(
    wanted: ShopEdit, shop_id: UUID, request: Request, database: Database, account_id: UUID
) -> ShopEdit:
    """Return changes with the place of a new address that has no coordinates, where the server can look it up."""
    geocoder: Geocoder | None = request.app.state.geocoder
    sent = wanted.model_fields_set
    if geocoder is None or "address" not in sent or {"latitude", "longitude"} & sent:
        return wanted
    async with database.session(account_id) as session, session.begin():
        await require_role(session, Role.MERCHANT, or_member_of="shop")
        await queries.require_own(session, shop_id, "owner")
    await spend(request.scope, "addresses", ADDRESSES, str(account_id))
    code = wanted.insee_code if "insee_code" in sent else None
    found = await where_is(geocoder, database.acts, wanted.address, code)
    return wanted.model_copy(update=actions.place_of(found, code))
